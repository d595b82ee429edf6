// Shows a mail in a frame, and shows it again where the reader was: only what is in the page changes, never the page itself.

const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // no scripts, ever
const fetched = new Map(); // the last pages, by address: two frames show the same one

export class Frame {
  /** `onKey` is told of keys that are pressed while the mail has the focus. */
  constructor(screen, onKey = () => {}) {
    this.screen = screen;
    this.onKey = onKey;
    this.shown = null;
    this.wanted = "";
  }

  /** The document of the mail that is shown, or null. */
  get page() {
    return this.shown?.contentDocument ?? null;
  }

  /** Shows the mail at `url`; resolves to whether something changed. */
  async show(url) {
    if (this.wanted === url) return false;
    this.wanted = url;
    if (!this.page) return this.#open(url);
    let page;
    try {
      page = await pageAt(url);
    } catch {
      if (this.wanted === url) this.wanted = "";
      return false; // the event stream tells when the preview is back
    }
    if (this.wanted !== url) return false; // a newer one is on its way
    replace(this.page, page);
    this.#flash();
    return true;
  }

  /** The first mail: a page of its own, from its own address, under its own policy. */
  #open(url) {
    this.screen.querySelector("iframe")?.remove();
    this.opened?.(false); // what waits for the one before would wait for ever
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.title = this.screen.dataset.title;
    frame.className = "coming";
    return new Promise((done) => {
      this.opened = done;
      frame.addEventListener("load", () => {
        if (!frame.isConnected) return done(false);
        if (!frame.contentDocument) {
          // The preview has gone, or a link in the mail led the frame away: then the mail comes back.
          const led = this.shown === frame;
          const wanted = this.wanted;
          this.wanted = "";
          this.shown = null;
          frame.remove();
          return done(led ? this.show(wanted) : false);
        }
        const root = frame.contentDocument.documentElement;
        root.style.scrollBehavior = "auto";
        if (this.screen.dataset.bars) root.style.scrollbarWidth = this.screen.dataset.bars; // a phone's takes no width
        frame.contentDocument.addEventListener("keydown", this.onKey);
        frame.classList.remove("coming");
        this.shown = frame;
        const newer = this.wanted;
        if (newer === url) return done(true);
        this.wanted = url;
        done(this.show(newer));
      });
      frame.src = url;
      this.screen.prepend(frame);
    });
  }

  #flash() {
    this.screen.classList.remove("fresh");
    requestAnimationFrame(() => this.screen.classList.add("fresh"));
  }
}

/** Takes note of the page at an address, so that nobody need ask for it. */
export function known(url, page) {
  fetched.set(url, Promise.resolve(page));
  if (fetched.size > 4) fetched.delete(fetched.keys().next().value);
}

/** The text of a page, asked for once by all who show it. */
function pageAt(url) {
  if (!fetched.has(url)) {
    const text = fetch(url).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.statusText))));
    known(url, text);
    text.catch(() => fetched.delete(url));
  }
  return fetched.get(url);
}

/** Puts another page's content into `page`; pictures that were there already stay, so that nothing flickers or jumps. */
function replace(page, text) {
  const Parser = page.defaultView.DOMParser ?? DOMParser; // the frame's own, so that its policy holds and not ours
  const next = new Parser().parseFromString(text, "text/html");
  const style = page.documentElement.getAttribute("style");
  const kept = keepPictures(page, next);
  copyAttributes(next.documentElement, page.documentElement);
  copyAttributes(next.body, page.body);
  for (const declaration of style?.split(";") ?? []) setStyle(page.documentElement, declaration);
  const [head, body] = [next.head, next.body].map((part) => [...page.adoptNode(part).childNodes]);
  for (const [standIn, picture] of kept) standIn.replaceWith(picture);
  page.head.replaceChildren(...head);
  page.body.replaceChildren(...body); // in one go, so that the reader stays where they were
}

/** Takes each picture of `next` that is loaded in `page` already out of it: pairs of a stand-in there and the loaded one. */
function keepPictures(page, next) {
  const loaded = [...page.images].filter(nameOf);
  const kept = [];
  for (const picture of [...next.images]) {
    const place = loaded.findIndex((known) => nameOf(known) === nameOf(picture));
    if (place < 0) continue;
    const [known] = loaded.splice(place, 1);
    copyAttributes(picture, known, "src");
    const standIn = next.createElement("span");
    picture.replaceWith(standIn);
    kept.push([standIn, known]);
  }
  return kept;
}

/** Gives `into` the attributes of `from`, but for one that stays as it is. */
function copyAttributes(from, into, but = "") {
  for (const { name } of [...into.attributes]) if (name !== but) into.removeAttribute(name);
  for (const { name, value } of from.attributes) if (name !== but) into.setAttribute(name, value);
}

/** Our own settings of the page's scrolling, which the mail does not bring. */
function setStyle(element, declaration) {
  const [name, value] = declaration.split(":").map((word) => word.trim());
  if (name.startsWith("scroll") && value) element.style.setProperty(name, value);
}

/** What a picture's address ends in: its content id, the same in every version of a mail. */
function nameOf(picture) {
  return picture.getAttribute("src")?.split("/").pop() ?? "";
}
