// What every picture is drawn with: shapes, measured words, numbers as people write them.

const SVG = "http://www.w3.org/2000/svg";

/** Empties a picture and gives the width it has; it keeps its height for now, so that the page does not jump. */
export function emptied(svg) {
  const width = Math.floor(svg.parentElement.clientWidth - padding(svg.parentElement));
  svg.replaceChildren();
  svg.setAttribute("width", Math.max(0, width));
  return Math.max(0, width);
}

function padding(element) {
  const style = getComputedStyle(element);
  return Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight);
}

/** How wide words are in the type of a class. */
export function measure(svg, words, className) {
  const probe = text(words, { class: className, x: 0, y: 0 });
  svg.append(probe);
  const found = probe.getComputedTextLength();
  probe.remove();
  return found;
}

/** Gives a picture its height and its words for those who do not see it. */
export function finish(svg, height, words) {
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${height}`);
  svg.setAttribute("aria-label", words);
}

export function text(words, about) {
  return shape("text", about, words);
}

export function shape(name, about = {}, words = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(about)) made.setAttribute(key, value);
  if (words) made.textContent = words;
  return made;
}

export function number(count) {
  return count.toLocaleString("en");
}

export function round(value) {
  return Math.round(value * 10) / 10;
}
