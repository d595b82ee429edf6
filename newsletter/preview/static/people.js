// The choice of the person to look as: a button, and a panel with a search field above a list.

import { made, part } from "./words.js";

export class PeoplePicker {
  /** `choose` is called with a person's id, `reveal` when addresses are to be shown or hidden. */
  constructor({ choose, reveal }) {
    this.choose = choose;
    this.person = null;
    this.active = -1;
    this.asked = 0;
    this.awkward = [];
    [this.button, this.panel, this.search] = [part("as"), part("as-panel"), part("as-search")];
    [this.list, this.note, this.addresses] = [part("as-list"), part("as-note"), part("addresses")];
    this.addresses.checked = false;
    this.button.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    this.search.addEventListener("input", () => (this.finding = this.find()));
    this.search.addEventListener("keydown", (event) => this.#key(event));
    this.addresses.addEventListener("change", () => {
      reveal();
      this.find();
    });
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    document.addEventListener("pointerdown", (event) => part("as-pick").contains(event.target) || this.close(false));
    window.addEventListener("blur", () => document.activeElement?.tagName === "IFRAME" && this.close(false));
    part("as-pick").addEventListener("focusout", (event) => {
      if (event.relatedTarget && !part("as-pick").contains(event.relatedTarget)) this.close(false);
    });
  }

  /** Shows who is looked as now. */
  show(person, invented) {
    this.person = person;
    part("as-name").textContent = person.name || "No name";
    part("as-address").textContent = invented ? "(invented)" : person.address;
  }

  /** Those whose mail is most likely to look odd, each with why. */
  suggest(awkward) {
    this.awkward = awkward;
    if (!this.panel.hidden && !this.search.value) this.find();
  }

  open() {
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.search.value = "";
    this.find();
    this.search.focus();
  }

  close(back = true) {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  async find() {
    const turn = ++this.asked;
    const query = new URLSearchParams({ q: this.search.value });
    if (this.addresses.checked) query.set("addresses", "1");
    const answer = await fetch(`/people?${query}`).then((r) => r.json(), () => null);
    if (answer === null || turn !== this.asked) return;
    const awkward = this.search.value.trim() ? [] : this.awkward;
    const seen = new Set(awkward.map(({ person }) => person.id));
    const found = [...awkward, ...answer.people.filter(({ id }) => !seen.has(id)).map((person) => ({ why: "", person }))];
    this.list.replaceChildren(...found.map((one, index) => this.#option(one, index)));
    const count = answer.people.length;
    this.note.textContent = answer.more ? `The first ${count}. Search to find others.` : count ? "" : "Nobody on the list fits.";
    this.#activate(Math.max(0, found.findIndex(({ person }) => person.id === this.person?.id)));
  }

  #option({ person, why }, index) {
    const about = made("span", "about", [person.address, ...person.tags].join(" · "));
    const option = made("li", why ? "awkward" : "", made("b", "", person.name || "No name"), why ? made("span", "why", why) : null, about);
    option.id = `as-${index}`;
    option.dataset.id = person.id;
    option.setAttribute("role", "option");
    option.classList.toggle("now", person.id === this.person?.id);
    option.addEventListener("click", () => this.#take(option));
    option.addEventListener("pointermove", () => this.active === index || this.#activate(index, false));
    return option;
  }

  #activate(index, scroll = true) {
    const options = [...this.list.children];
    this.active = options.length ? Math.min(Math.max(index, 0), options.length - 1) : -1;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.active)));
    const active = options[this.active];
    if (active) this.search.setAttribute("aria-activedescendant", active.id);
    else this.search.removeAttribute("aria-activedescendant");
    if (scroll) active?.scrollIntoView({ block: "nearest" });
  }

  async #key(event) {
    const steps = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + 6, PageUp: this.active - 6 };
    const to = steps[event.key];
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (to !== undefined) return this.#activate(to);
    await this.finding; // who types fast means whom they typed, not whom the list still shows
    if (this.active >= 0) this.#take(this.list.children[this.active]);
  }

  #take(option) {
    this.close();
    this.choose(option.dataset.id);
  }
}
