// The page of all issues: asks for them, and asks again whenever a file was saved; what did not change is left as it is.

import { made, part } from "./words.js";

const SANDBOX = "allow-same-origin"; // no scripts, ever
const MAIL_WIDTH = 640; // pixels; a thumbnail is a mail of this width, made small
const POLL = 5000; // milliseconds
const MARKS = {
  draft: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19z M14 6.5 17.5 10",
  planned: "M12 3.5a8.5 8.5 0 1 0 .01 0z M12 7.5V12l3 2",
  started: "M3.5 11.5 20 4l-5 16.5-3.5-6.5z M11.5 14 20 4",
  done: "M4.5 12.5 10 18 19.5 6.5",
  broken: "M12 3.5 21.5 20h-19z M12 9.5v5 M12 17.2v.1",
};

const cards = new Map(); // by slug

let newest = 0; // the version the server told of last
let shown = 0; // the version on the page
let asked = 0; // counts questions, so that only the latest answer is used
let source = null;
let later = null; // the next look at a mailing that goes on

const sized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) target.style.setProperty("--small", contentRect.width / MAIL_WIDTH);
});

/** Asks for all issues and shows them. */
async function look() {
  const turn = ++asked;
  const answer = await fetch("/overview").then((r) => (r.ok ? r.json() : null), () => null);
  if (answer === null || turn !== asked) return; // the event stream tells when the preview is back
  show(answer);
  if (shown < newest) look();
}

function show({ version, practice, issues, trouble }) {
  shown = version;
  write(part("practice"), practice || "Newsletter");
  document.title = practice ? `All issues – ${practice}` : "All issues";
  write(part("count"), issues.length === 1 ? "1 issue" : issues.length ? `${issues.length} issues` : "");
  write(part("trouble"), trouble ?? "");
  part("trouble").hidden = !trouble;
  part("empty").hidden = issues.length > 0;
  const left = new Set(issues.map((issue) => issue.slug));
  for (const slug of [...cards.keys()].filter((slug) => !left.has(slug))) {
    cards.get(slug).item.remove();
    cards.delete(slug);
  }
  let before = null;
  for (const issue of issues) {
    if (!cards.has(issue.slug)) cards.set(issue.slug, new Card(issue.slug));
    const card = cards.get(issue.slug);
    card.show(issue);
    const place = before ? before.nextSibling : part("cards").firstChild;
    if (place !== card.item) part("cards").insertBefore(card.item, place); // a frame that is moved loads again
    before = card.item;
  }
  say("Follows every save");
  clearTimeout(later);
  if (issues.some(({ state }) => state.kind === "started")) later = setTimeout(() => document.hidden || look(), POLL); // no save tells of that
}

/** One issue: the top of its mail, its title, its date, and how far its mailing is. */
class Card {
  constructor(slug) {
    this.slug = slug;
    this.item = made("li", "card");
    this.thumb = this.item.appendChild(made("div", "thumb"));
    this.thumb.setAttribute("aria-hidden", "true");
    this.thumb.append(made("div", "blank"));
    const words = this.item.appendChild(made("div", "words"));
    this.title = words.appendChild(made("h2")).appendChild(made("a"));
    this.title.href = `/issue/${encodeURIComponent(slug)}`;
    this.date = words.appendChild(made("p", "date"));
    const foot = words.appendChild(made("div", "foot"));
    this.states = foot.appendChild(made("div", "states"));
    this.record = foot.appendChild(made("a", "record"));
    this.record.href = `/record/${encodeURIComponent(slug)}`;
    this.record.textContent = "Record";
    this.gauge = this.item.appendChild(made("div", "gauge"));
    this.gauge.append(made("div"));
    sized.observe(this.thumb);
  }

  show(issue) {
    const { title, date, stamp, state } = issue;
    const broken = issue.broken || this.faulty === stamp;
    this.issue = issue;
    write(this.title, title);
    this.record.setAttribute("aria-label", `Record of ${title}`);
    write(this.date, date ? inWords(date) : "No date");
    const said = [[state.kind, state.words]];
    if (broken) said.unshift(["broken", issue.broken ? "Problems in its file" : "Problems in the files"]);
    if (this.states.dataset.said !== String(said)) {
      this.states.dataset.said = String(said);
      this.states.replaceChildren(...said.map(([kind, words]) => stateLine(kind, words)));
    }
    this.record.hidden = state.kind === "draft";
    this.gauge.hidden = state.kind !== "started";
    this.gauge.firstChild.style.width = state.total ? `${(100 * state.sent) / state.total}%` : "0";
    this.item.dataset.kind = state.kind;
    this.item.classList.toggle("broken", broken);
    this.#look(issue.broken ? null : stamp);
  }

  /** Lays the mail's new picture behind the old one, and swaps when it is there. */
  #look(stamp) {
    if (this.stamp === stamp) return;
    this.stamp = stamp;
    this.coming?.remove();
    this.coming = null;
    if (stamp === null) {
      this.frame?.remove();
      this.frame = null;
      return;
    }
    const next = made("iframe", "coming");
    next.setAttribute("sandbox", SANDBOX);
    next.setAttribute("aria-hidden", "true");
    next.setAttribute("scrolling", "no");
    next.loading = "lazy";
    next.tabIndex = -1;
    next.title = "The top of the mail";
    next.addEventListener("load", () => this.#swap(next));
    next.src = `/thumb/${encodeURIComponent(this.slug)}?v=${stamp}`;
    this.coming = next;
    this.thumb.append(next);
  }

  #swap(next) {
    if (this.coming !== next) return; // a newer one is on its way
    this.coming = null;
    this.frame?.remove();
    this.frame = null;
    if (next.contentDocument?.contentType !== "text/html") {
      next.remove(); // no mail can be made of it: the blank sheet stays
      this.faulty = this.stamp;
      this.show(this.issue);
      return;
    }
    next.classList.remove("coming");
    this.frame = next;
  }
}

function stateLine(kind, words) {
  const line = made("p", `state ${kind}`);
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  mark.setAttribute("viewBox", "0 0 24 24");
  mark.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", MARKS[kind] ?? MARKS.draft);
  mark.append(path);
  line.append(mark, words);
  return line;
}

/** `2026-12-01` as `1 December 2026`. */
function inWords(date) {
  const [year, month, day] = date.split("-").map(Number);
  const form = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return form.format(Date.UTC(year, month - 1, day));
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function say(words) {
  write(part("status"), words);
}

function listen() {
  source = new EventSource("/events");
  source.addEventListener("version", (event) => {
    document.body.classList.remove("ended");
    newest = Number(event.data);
    if (newest !== shown) look();
    else say("Follows every save");
  });
  source.addEventListener("error", () => {
    document.body.classList.add("ended");
    say("The preview has ended. Start it again with: newsletter preview");
  });
}

document.addEventListener("visibilitychange", () => {
  // A page that nobody sees gives its connection back: a browser allows six to one server.
  source?.close();
  if (document.hidden) return;
  look(); // a mailing may have gone on, which no save tells of
  listen();
});

look().then(listen);
