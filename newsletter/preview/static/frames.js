// Shows a mail in a frame, and shows it again where the reader was: the new page is laid behind the old one and swapped in whole.

const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // no scripts, ever

export class Frame {
  constructor(screen) {
    this.screen = screen;
    this.shown = null;
    this.coming = null;
  }

  /** Shows the mail at `url`; resolves to whether something changed. */
  show(url) {
    const latest = this.coming ?? this.shown;
    if (latest?.dataset.url === url) return Promise.resolve(false);
    this.coming?.remove();
    const next = document.createElement("iframe");
    next.setAttribute("sandbox", SANDBOX);
    next.title = this.screen.dataset.title;
    next.dataset.url = url;
    next.className = "coming";
    next.tabIndex = -1;
    next.setAttribute("aria-hidden", "true");
    this.coming = next;
    return new Promise((done) => {
      next.addEventListener("load", () => done(this.#swap(next)), { once: true });
      next.src = url;
      this.screen.append(next);
    });
  }

  #swap(next) {
    if (this.coming !== next) return false; // a newer one is on its way
    const before = scrollOf(this.shown);
    const [x, y] = before ? [before.scrollLeft, before.scrollTop] : [0, 0];
    const after = scrollOf(next);
    if (after) {
      after.style.scrollBehavior = "auto";
      if (this.screen.dataset.bars) after.style.scrollbarWidth = this.screen.dataset.bars; // a phone's takes no width
      after.scrollTo(x, y);
    }
    const focused = document.activeElement === this.shown;
    next.classList.remove("coming");
    next.removeAttribute("tabindex");
    next.removeAttribute("aria-hidden");
    if (focused) next.focus({ preventScroll: true });
    const again = this.shown !== null;
    this.shown?.remove();
    this.shown = next;
    this.coming = null;
    if (again) this.#flash();
    return true;
  }

  #flash() {
    this.screen.classList.remove("fresh");
    requestAnimationFrame(() => this.screen.classList.add("fresh"));
  }
}

function scrollOf(frame) {
  const page = frame?.contentDocument;
  return page?.scrollingElement ?? page?.documentElement ?? null;
}
