// The choice of the person to look as: a button, and a panel with a search field above a list.

const part = (id) => document.getElementById(id);

export class PeoplePicker {
  /** `choose` is called with a person's id, `reveal` when addresses are to be shown or hidden. */
  constructor({ choose, reveal }) {
    this.choose = choose;
    this.person = null;
    this.active = -1;
    this.asked = 0;
    [this.button, this.panel, this.search] = [part("as"), part("as-panel"), part("as-search")];
    [this.list, this.note, this.addresses] = [part("as-list"), part("as-note"), part("addresses")];
    this.addresses.checked = false;
    this.button.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    this.search.addEventListener("input", () => this.find());
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
    this.list.replaceChildren(...answer.people.map((person, index) => this.#option(person, index)));
    const count = answer.people.length;
    this.note.textContent = answer.more ? `The first ${count}. Search to find others.` : count ? "" : "Nobody on the list fits.";
    this.#activate(Math.max(0, answer.people.findIndex((person) => person.id === this.person?.id)));
  }

  #option(person, index) {
    const option = document.createElement("li");
    option.id = `as-${index}`;
    option.dataset.id = person.id;
    option.setAttribute("role", "option");
    const name = document.createElement("b");
    name.textContent = person.name || "No name";
    const about = document.createElement("span");
    about.textContent = [person.address, ...person.tags].join(" · ");
    option.append(name, about);
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

  #key(event) {
    const steps = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + 6, PageUp: this.active - 6 };
    if (event.key in steps) this.#activate(steps[event.key]);
    else if (event.key === "Enter" && this.active >= 0) this.#take(this.list.children[this.active]);
    else return;
    event.preventDefault();
  }

  #take(option) {
    this.close();
    this.choose(option.dataset.id);
  }
}
