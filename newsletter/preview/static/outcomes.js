// The picture of what became of all mails, drawn for the width there is: a bar of pieces, and the sign of each outcome.

import { emptied, finish, measure, number, round, shape } from "./svg.js";

const MARKS = {
  sent: "M3 8.5 6.5 12 13 4.5",
  uncertain: "M5.5 5.8a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.2.9-1.2 1.8 M8 12.9v.1",
  waiting: "M4.5 2.5h7 M4.5 13.5h7 M5.5 2.5v2.5l5 6v2.5 M10.5 2.5v2.5l-5 6v2.5",
  deferred: "M13 8a5 5 0 1 1-1.6-3.7 M11.8 1.5v3h-3",
  refused: "M4 4l8 8 M12 4l-8 8",
  skipped: "M3.5 8h9",
};
const GAP = 2; // between two pieces of the bar
const NARROWEST = 5; // pixels of a piece, so that nobody is too few to be seen

/** The bar: a piece for each outcome, each with its own pattern, and its word and number in it or led to below it. */
export function drawBar(svg, record) {
  const width = emptied(svg);
  const counted = record.outcomes.filter((outcome) => outcome.kind !== "skipped" && outcome.count > 0);
  if (!counted.length || width === 0) return;
  patterns(svg);
  const pieces = cut(counted, width);
  const labels = pieces.filter((piece) => !drawPiece(svg, piece));
  const rows = lead(svg, labels, width);
  const height = 56 + (rows ? rows * 26 + 6 : 0);
  finish(svg, height, inWords(record));
}

/** The pieces' places: as wide as their people, but none too narrow to be seen. */
function cut(counted, width) {
  const room = width - GAP * (counted.length - 1);
  const all = counted.reduce((sum, { count }) => sum + count, 0);
  const raised = counted.map(({ count }) => Math.max(NARROWEST, (room * count) / all));
  const over = raised.reduce((sum, part) => sum + part, 0) - room;
  const widest = raised.indexOf(Math.max(...raised));
  raised[widest] -= over;
  let at = 0;
  return counted.map((outcome, index) => {
    const piece = { ...outcome, x: at, width: raised[index] };
    at += raised[index] + GAP;
    return piece;
  });
}

/** Draws a piece; gives whether its words stand in it. */
function drawPiece(svg, piece) {
  svg.append(shape("rect", { class: `piece ${piece.kind}`, x: round(piece.x), y: 0, width: round(piece.width), height: 52, rx: Math.min(5, piece.width / 2) }));
  const words = `${piece.short}  ${number(piece.count)}`;
  const needed = measure(svg, words, "label") + 56;
  if (needed > piece.width) return false;
  const plate = shape("rect", { class: `plate ${piece.kind}`, x: round(piece.x + 8), y: 12, width: needed - 16, height: 28, rx: 5 });
  svg.append(plate);
  label(svg, piece, piece.x + 16, 26, `inside ${piece.kind}`);
  return true;
}

/** Leads lines from the pieces that are too narrow to their words below; gives how many rows those take. */
function lead(svg, pieces, width) {
  const middle = (piece) => piece.x + piece.width / 2;
  const long = (piece) => measure(svg, `${piece.short}  ${number(piece.count)}`, "label") + 34;
  const toRight = pieces.filter((piece) => middle(piece) + 12 + long(piece) <= width && middle(piece) < width / 2).reverse();
  const toLeft = pieces.filter((piece) => !toRight.includes(piece));
  const placed = [...toRight, ...toLeft].map((piece, row) => {
    const right = toRight.includes(piece);
    const [x, y] = [round(middle(piece)), 56 + row * 26 + 16];
    svg.append(shape("path", { class: "leader", d: `M${x} 56V${y}H${right ? x + 8 : x - 8}` }));
    return [piece, right ? x + 14 : Math.max(0, x - 6 - long(piece)), y];
  });
  for (const [piece, x, y] of placed) label(svg, piece, x, y, "outside"); // after all lines, so that none runs through words
  return pieces.length;
}

function label(svg, piece, x, y, className) {
  const mark = shape("path", { class: `mark ${className}`, d: MARKS[piece.kind], transform: `translate(${round(x)} ${y - 8})` });
  const words = shape("text", { class: `label ${className}`, x: round(x + 22), y: y + 4.5 });
  const count = shape("tspan", { class: "count", dx: 6 }, number(piece.count));
  words.append(shape("tspan", {}, piece.short), count);
  svg.append(mark, words);
}

/** The sign of an outcome as it stands in the tables: pattern and mark. */
export function swatch(kind) {
  const svg = shape("svg", { class: "swatch", viewBox: "0 0 16 16", "aria-hidden": "true" });
  svg.append(shape("path", { class: `mark ${kind}`, d: MARKS[kind] }));
  return svg;
}

/** Patterns tell the pieces apart where colours do not. */
function patterns(svg) {
  const made = shape("defs");
  const pattern = (id, size, d, turn = 0) => {
    const found = shape("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${turn})` });
    found.append(shape("rect", { class: "paper", width: size, height: size }), shape("path", { class: "ink", d }));
    made.append(found);
  };
  pattern("hatched", 7, "M0 0V7", 45);
  pattern("dotted", 8, "M4 3.2a.8.8 0 1 0 .01 0z");
  pattern("ruled", 6, "M0 3H6");
  svg.append(made);
}

function inWords({ outcomes }) {
  return outcomes.map(({ words, count, share }) => `${words}: ${number(count)}${share ? `, ${share}` : ""}`).join(". ");
}
