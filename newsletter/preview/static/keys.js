// Keyboard shortcuts, with a list that shows them; they can be switched off (WCAG 2.2, 2.1.4).

import { made, part } from "./words.js";

export class Keys {
  /** `acts`: keys, separated by spaces, to what they are for and what they do. */
  constructor(acts) {
    this.acts = new Map();
    for (const [keys, [means, act]] of Object.entries(acts)) {
      for (const key of keys.split(" ")) this.acts.set(key, act);
      part("keys-list").append(made("div", "", made("dt", "", ...keys.split(" ").map((key) => made("kbd", "", key))), made("dd", "", means)));
    }
    part("keys-on").checked = localStorage.getItem("keys") !== "off";
    part("keys-on").addEventListener("change", (event) => localStorage.setItem("keys", event.target.checked ? "on" : "off"));
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** Does what a key is for; also called for keys that are pressed in a mail. */
  press(event) {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !part("keys-on").checked) return;
    const act = this.acts.get(event.key);
    if (!act) return;
    event.preventDefault();
    act(event.key);
  }
}
