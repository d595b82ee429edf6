// "Send me a test": one real mail to the practice's own address, and in words what came of it.

import { part, post, withCode } from "./words.js";

export class Trial {
  /** `about` gives the issue and person that are shown, and the token. */
  constructor(about) {
    this.about = about;
    this.busy = false;
    this.sendable = false;
    part("trial").addEventListener("click", () => this.send(null));
    part("secret").addEventListener("submit", (event) => {
      event.preventDefault();
      const secret = part("secret-word").value;
      part("secret-word").value = "";
      this.send(secret);
    });
    part("notice-close").addEventListener("click", () => {
      part("notice-box").hidden = true;
      part("trial").focus();
    });
  }

  /** Offers it where there is an address to send to, and a mail that can be sent. */
  offer(to, sendable) {
    part("trial").hidden = !to;
    this.sendable = sendable;
    this.#mark();
    part("trial").title = to ? `One real mail to ${to}, as the person chosen would get it` : "";
    this.to = to;
  }

  async send(secret) {
    if (this.busy || !this.sendable) return; // one click, one mail
    this.busy = true;
    this.#mark();
    this.#say("busy", `Sending one mail to ${this.to} …`);
    const { issue, as, token } = await this.about();
    let answer;
    try {
      const got = await post("/test", token, { issue, as, secret });
      answer = got.ok ? await got.json() : { ok: false, words: `${(await got.text()).trim()} Nothing was sent: load this page again.` };
    } catch {
      answer = { ok: false, words: "The preview did not answer, so it is not known whether the mail went out." };
    }
    this.busy = false;
    this.#mark();
    if (answer.secret) this.#ask(answer.secret);
    else this.#say(answer.ok ? "good" : "bad", answer.words, answer.next);
  }

  /** Not `disabled`, which would take the focus away. */
  #mark() {
    part("trial").setAttribute("aria-disabled", String(this.busy || !this.sendable));
  }

  #say(kind, words, next = "") {
    part("notice-box").hidden = false;
    part("notice").className = kind;
    part("secret").hidden = true;
    part("notice-words").replaceChildren(...withCode(next ? `${words} ${next}` : words));
  }

  #ask(what) {
    this.#say("busy", "The mail account wants a password. It is used now and kept until the preview ends, and written down nowhere.");
    part("secret").hidden = false;
    part("secret-label").textContent = what;
    part("secret-word").focus();
  }
}
