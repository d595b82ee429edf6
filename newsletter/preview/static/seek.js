// Finds the place of a finding in a mail's page, scrolls there, and marks it for a moment.

const MARKED = 2000; // milliseconds
const OPEN_PLACE = /\{\{[^{}]*\}\}|\{[a-z_]+\}/; // a merge field, or {token}: filled with anything
const marks = new WeakMap(); // marked element -> what its outline was before, and the timer that gives it back

/** The element of a mail's document that the first fitting clue leads to, or null. `clues` are {kind, value}, sharpest first. */
export function seek(doc, clues) {
  const kinds = { link: findLink, picture: findPicture, words: findWords };
  for (const { kind, value } of clues) {
    const found = doc.body && value ? kinds[kind]?.(doc, value) : null;
    if (found) return found;
  }
  return null;
}

/** Scrolls the frame's page until `element` stands in its middle, and puts an outline around it for two seconds. */
export function showSpot(frame, element) {
  const page = frame.contentDocument?.scrollingElement;
  if (!page || element.ownerDocument !== frame.contentDocument) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const box = element.getBoundingClientRect();
  // Not scrollIntoView: that scrolls the page around the frame as well. What is taller than the frame shows its beginning.
  const spare = Math.max(24, (page.clientHeight - box.height) / 2);
  const behavior = calm ? "instant" : "smooth";
  page.scrollTo({ top: page.scrollTop + box.top - spare, behavior });
  mark(element);
}

function mark(element) {
  const before = marks.get(element) ?? { css: element.style.cssText, bare: !element.hasAttribute("style") };
  clearTimeout(before.timer);
  element.style.setProperty("outline", "3px solid #d97706", "important"); // 3:1 on white and on black (WCAG 2.2, 1.4.11)
  element.style.setProperty("outline-offset", "3px", "important");
  before.timer = setTimeout(() => {
    marks.delete(element);
    element.style.cssText = before.css;
    if (before.bare && element.hasAttribute("style")) element.removeAttribute("style"); // asked first: Chromium writes it only then
  }, MARKED);
  marks.set(element, before);
}

function findLink(doc, wanted) {
  const pieces = wanted.split(OPEN_PLACE).map(plainAddress);
  const fits = (address) => {
    if (pieces.length === 1) return address === pieces[0];
    let at = address.startsWith(pieces[0]) ? pieces[0].length : -1;
    for (const piece of pieces.slice(1)) at = at < 0 ? at : after(address, piece, at);
    return at >= 0 && address.endsWith(pieces.at(-1));
  };
  return [...doc.querySelectorAll("a[href]")].find((link) => isShown(link) && fits(plainAddress(link.getAttribute("href")))) ?? null;
}

function after(text, piece, from) {
  const at = text.indexOf(piece, from);
  return at < 0 ? -1 : at + piece.length;
}

function plainAddress(address) {
  let plain = address.trim();
  try {
    plain = decodeURI(plain);
  } catch {
    // a stray % sign: compared as it stands
  }
  return plain.replace(/^[a-z]+:\/\/[^/]*/i, (site) => site.toLowerCase()).replace(/\/$/, "");
}

function findPicture(doc, wanted) {
  const words = plain(wanted);
  const pictures = [...doc.querySelectorAll("img[alt]")].filter(isShown);
  const exact = pictures.find((picture) => plain(picture.alt) === words);
  return exact ?? pictures.find((picture) => plain(picture.alt).startsWith(words)) ?? null; // a portrait's name with its letters
}

/** The innermost block with these words; one that says nothing else goes before one that only contains them. */
function findWords(doc, wanted) {
  const words = plain(wanted);
  if (!words) return null;
  const escaped = words.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "u");
  const found = [...holders(doc.body, whole)];
  return found.find((element) => textOf(element) === words) ?? found[0] ?? null;
}

function* holders(element, whole) {
  if (!isShown(element) || !whole.test(textOf(element))) return;
  let deeper = false;
  for (const child of element.children) {
    for (const holder of holders(child, whole)) {
      deeper = true;
      yield holder;
    }
  }
  if (!deeper) yield blockOf(element);
}

function blockOf(element) {
  const view = element.ownerDocument.defaultView;
  while (element.parentElement && view.getComputedStyle(element).display === "inline") element = element.parentElement;
  return element;
}

/** What a reader sees of an element, in one line of lower case. */
function textOf(element) {
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    node.nodeType === Node.ELEMENT_NODE && !isShown(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  let text = "";
  while (walker.nextNode()) text += walker.currentNode.nodeType === Node.TEXT_NODE ? walker.currentNode.data : isBreak(walker.currentNode) ? " " : "";
  return plain(text);
}

function isBreak(element) {
  return /^(?:BR|P|DIV|LI|UL|OL|TABLE|TR|TD|TH|H[1-6]|BLOCKQUOTE|PRE|HR)$/.test(element.tagName);
}

function isShown(element) {
  if (element.checkVisibility) return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  return element.getClientRects().length > 0;
}

function plain(text) {
  return text.normalize("NFC").replace(/\s+/gu, " ").trim().toLowerCase();
}
