// The record of one mailing: asks for it, shows it as pictures and tables, and asks again while it goes on.

import { drawBar, swatch } from "./outcomes.js";
import { drawCourse } from "./timeline.js";
import { made, part } from "./words.js";

const OFTEN = 3000; // milliseconds between two questions while the mailing goes on
const PATIENCE = 10; // and at least this many times as long as the answer took: a long record is not read all day long

const slug = decodeURIComponent(location.pathname.replace(/^\/record\//, ""));

/** The studio answers, but not with a record. */
class Unreadable extends Error {}

let said = ""; // the answer on the page
let record = null;
let timer = 0;

/** Asks for the record, and shows it where it changed. */
async function look() {
  clearTimeout(timer);
  const began = performance.now();
  let wait = OFTEN;
  try {
    const answer = await fetch(`/course/${encodeURIComponent(slug)}`);
    if (answer.status === 404) {
      unknown();
      return;
    }
    const words = await answer.text();
    if (!answer.ok) throw new Unreadable(words);
    if (words !== said) show(JSON.parse(words));
    said = words;
    document.body.classList.remove("ended");
    say(record.going ? "Follows the mailing" : "");
  } catch (error) {
    document.body.classList.add("ended");
    say(error instanceof Unreadable ? "The record cannot be read now." : "The preview has ended. Start it again with: newsletter preview");
  }
  wait = Math.max(wait, PATIENCE * (performance.now() - began));
  if (!document.hidden && (record === null || record.going)) timer = setTimeout(look, wait);
}

function show(answer) {
  record = answer;
  document.title = `Record of ${record.title}`;
  part("record").hidden = false;
  part("unknown").hidden = true;
  part("issue").hidden = false;
  part("issue").href = `/issue/${encodeURIComponent(record.slug)}`;
  for (const name of ["title", "headline", "rest", "when"]) {
    write(part(name), record[name]);
    part(name).hidden = !record[name];
  }
  part("course").hidden = record.panels.length === 0;
  draw();
  const rows = record.outcomes.map((outcome) => row([
    ["what", named(outcome.kind, outcome.words)],
    ["number", outcome.count.toLocaleString("en")],
    ["number share", outcome.share ?? "not counted"],
    ["advice", advice(outcome)],
  ]));
  document.querySelector("#outcomes tbody").replaceChildren(...rows);
  part("why").hidden = record.reasons.length === 0;
  const most = Math.max(...record.reasons.map((reason) => reason.count));
  document.querySelector("#reasons tbody").replaceChildren(...record.reasons.map((reason) => reasonRow(reason, most)));
}

function draw() {
  drawCourse(part("course-picture"), record);
  drawBar(part("bar-picture"), record);
}

function reasonRow(reason, most) {
  const count = made("span", "measured", reason.count.toLocaleString("en"));
  const measure = made("span", "measure");
  measure.style.setProperty("--part", reason.count / most);
  count.prepend(measure);
  return row([
    ["what", reason.words],
    ["code", reason.code ? made("code", "", reason.code) : "none"],
    ["verdict", named(reason.kind, reason.kind === "refused" ? "For good" : "Put off")],
    ["number", count],
  ]);
}

/** A table's row; the first cell names it. */
function row(cells) {
  const line = made("tr");
  line.setAttribute("role", "row");
  cells.forEach(([className, content], index) => {
    const cell = made(index === 0 ? "th" : "td", className);
    if (index === 0) cell.scope = "row";
    cell.setAttribute("role", index === 0 ? "rowheader" : "cell");
    cell.append(content);
    line.append(cell);
  });
  return line;
}

function named(kind, words) {
  const name = made("span", "named");
  name.append(swatch(kind), made("span", "", words));
  return name;
}

function advice({ advice: words, command }) {
  const cell = made("span", command ? "" : "nothing", words);
  if (command) cell.append(" ", made("code", "", command));
  return cell;
}

function unknown() {
  document.title = "No record";
  part("record").hidden = part("issue").hidden = true;
  part("unknown").hidden = false;
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function say(words) {
  write(part("status"), words);
}

let width = 0;
new ResizeObserver(([entry]) => {
  if (!record || entry.contentRect.width === width) return;
  width = entry.contentRect.width;
  draw();
}).observe(part("record"));
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
document.fonts?.ready.then(() => record && draw()); // labels are measured
look();
