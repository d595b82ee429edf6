// The picture of a mailing's course, drawn for the width there is: how many people had got it, over time.

import { emptied, finish, measure, number, round, shape, text } from "./svg.js";

const HEIGHT = 300; // without the words below it

/** The course: a step for each mail where they are few, a line where they are many; a long pause is a marked break. */
export function drawCourse(svg, record) {
  const width = emptied(svg);
  if (!record.panels.length || width === 0) return;
  const small = width < 560;
  const marks = scale(record.total);
  const left = 12 + Math.max(...marks.map((mark) => measure(svg, number(mark), "axis")));
  const [top, bottom] = [34, small ? 220 : HEIGHT];
  finish(svg, bottom + 48, inWords(record));
  const y = (people) => bottom - ((bottom - top) * people) / Math.max(1, record.total);
  for (const mark of marks) {
    const whole = mark === record.total;
    svg.append(shape("path", { class: whole ? "goal" : mark ? "rule" : "ground", d: `M${left} ${y(mark)}H${width}` }));
    svg.append(text(number(mark), { class: "axis", x: left - 12, y: y(mark) + 4, "text-anchor": "end" }));
  }
  const places = layOut(svg, record, left, width, small);
  let before = 0;
  record.panels.forEach((panel, index) => {
    const place = places[index];
    const later = places[index + 1];
    drawPanel(svg, panel, { ...place, y, before, bottom, stepped: record.sent <= 60 });
    before = panel.points.at(-1)[1];
    const alone = places.length === 1;
    drawTimes(svg, alone ? panel : { ...panel, ticks: [] }, place, bottom, (later ? later.begin - 12 : width) - place.begin);
    if (later) drawBreak(svg, record.pauses[index], place.end, later.begin, y(before), bottom, small);
  });
  drawEnd(svg, record, places.at(-1).end, y, left);
}

/** Where each panel begins and ends: as wide as its time, but none too narrow for its words. */
function layOut(svg, record, left, width, small) {
  const { panels } = record;
  const gap = small ? 44 : 84;
  const room = width - left - 6 - gap * (panels.length - 1);
  const least = room / (panels.length * (small ? 1.15 : 1.6));
  const spare = room - least * panels.length;
  const lengths = panels.map((panel) => panel.end - panel.begin || 1);
  const all = lengths.reduce((sum, length) => sum + length, 0);
  let at = left;
  return lengths.map((length) => {
    const begin = at;
    const end = begin + least + (spare * length) / all;
    at = end + gap;
    return { begin, end };
  });
}

function drawPanel(svg, panel, { begin, end, y, before, bottom, stepped }) {
  const length = panel.end - panel.begin;
  const x = (at) => (length ? begin + ((end - begin) * (at - panel.begin)) / length : (begin + end) / 2);
  let line = `M${begin} ${y(before)}`;
  for (const [at, people] of panel.points) {
    line += stepped || !length ? `H${round(x(at))}V${round(y(people))}` : `L${round(x(at))} ${round(y(people))}`;
  }
  line += `H${end}`;
  svg.append(shape("path", { class: "area", d: `${line}V${bottom}H${begin}Z` }));
  svg.append(shape("path", { class: "line", d: line }));
  if (panel.runs.length < 2) return;
  for (const [first, last] of panel.runs) {
    svg.append(shape("path", { class: "run", d: `M${round(x(first))} ${bottom}H${round(Math.max(x(last), x(first) + 2))}` }));
  }
}

/** The words below a panel: round times where there is only one, else its hours; and its day, which no reader has to work out. */
function drawTimes(svg, panel, { begin, end }, bottom, room) {
  const write = (row, words, className) => {
    const fitting = words.find((form) => measure(svg, form, className) <= room) ?? words.at(-1);
    const [x, anchor] = panel.end > panel.begin ? [begin, "start"] : [(begin + end) / 2, "middle"]; // below the one step there is
    svg.append(text(fitting, { class: className, x, y: bottom + row, "text-anchor": anchor }));
  };
  const day = panel.day.split(" ").slice(1, 3).join(" ");
  if (!drawTicks(svg, panel, begin, end, bottom)) {
    write(20, [panel.day, day], "axis day");
    write(40, [panel.hours, panel.hours.split(" ")[0]], "axis");
  } else if (panel.until) write(40, [`${panel.day} to ${panel.until}`, panel.day], "axis day");
  else write(40, [`${panel.day}, ${panel.hours}`, panel.day], "axis day");
}

/** Round times; gives whether there were any. */
function drawTicks(svg, panel, begin, end, bottom) {
  let free = -Infinity;
  for (const { at, words } of panel.end > panel.begin ? panel.ticks : []) {
    const x = begin + ((end - begin) * (at - panel.begin)) / (panel.end - panel.begin);
    const half = measure(svg, words, "axis") / 2;
    if (x - half < free || x + half > end + 6 || x - half < begin - 12) continue;
    free = x + half + 16;
    svg.append(shape("path", { class: "tick", d: `M${round(x)} ${bottom}v5` }));
    svg.append(text(words, { class: "axis", x: round(x), y: bottom + 20, "text-anchor": "middle" }));
  }
  return free > -Infinity;
}

/** A pause that is left out of the picture, and says so. */
function drawBreak(svg, pause, from, to, height, bottom, small) {
  const middle = (from + to) / 2;
  svg.append(shape("path", { class: "skip", d: `M${from} ${height}H${to}` }));
  svg.append(shape("rect", { class: "cut", x: middle - 5, y: bottom - 3, width: 10, height: 6 }));
  svg.append(shape("path", { class: "slashes", d: `M${middle - 7} ${bottom + 6}l5-12M${middle + 2} ${bottom + 6}l5-12` }));
  const lines = [...(small ? pause.split(" ") : [pause]), "later"];
  const below = bottom - 16 - 16 * (lines.length - 1); // where the first line stands below the dots, if there is room
  const first = below - 18 > height ? below : height - 12 - 16 * (lines.length - 1);
  lines.forEach((line, index) => {
    const y = first + 16 * index;
    svg.append(text(line, { class: "axis pause", x: middle, y, "text-anchor": "middle" }));
  });
}

/** A dot where it ends, and the number it stands for. */
function drawEnd(svg, record, x, y, left) {
  const at = y(record.sent);
  const words = record.sent === record.total ? `${number(record.sent)} got it` : `${number(record.sent)} of ${number(record.total)} got it`;
  const above = at - y(record.total) < 34 ? y(record.total) - 12 : at - 14;
  svg.append(shape("circle", { class: "end", cx: x, cy: at, r: 4.5 }));
  const room = x - left;
  const shown = measure(svg, words, "value") < room ? words : number(record.sent);
  svg.append(text(shown, { class: "value", x: x + 4, y: above, "text-anchor": "end" }));
}

function inWords({ headline, when, panels, pauses }) {
  const runs = panels.map((panel, index) => {
    const after = index ? `${pauses[index - 1]} later, ` : "";
    return `${after}${panel.day}, ${panel.hours}: ${number(panel.sent)} more`;
  });
  return `${headline}. ${when}. ${runs.length > 1 ? `${runs.join("; ")}.` : ""}`.trim();
}

/** A few round numbers from nobody to everybody. */
function scale(total) {
  const rough = total / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].map((part) => part * power).find((part) => part >= rough && Number.isInteger(part)) ?? 1);
  const marks = [];
  for (let mark = 0; mark < total - step * 0.4; mark += step) marks.push(mark);
  return [...marks, total];
}
