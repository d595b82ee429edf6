// One row of four inboxes, as wide as they are there, so that subject and preheader are cut where they would be.

import { made } from "./words.js";

const CLIENTS = [
  ["gmail", "Gmail on a computer", "Subject and preheader share one line, of about 100 characters."],
  ["gmail-phone", "Gmail on a phone", "About 40 characters of each."],
  ["apple", "Apple Mail on a phone", "About 40 and 85 characters, on three lines."],
  ["outlook", "Outlook on a computer", "About 45 characters of each."],
];
const ABOUT =
  "About: programs, windows and type differ. Whether your picture or your initials show is up to the reader's program. " +
  "Some write a summary of their own in place of the preheader.";
const CLOCK = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });

/** Shows how the mail looks before it is opened. */
export function showInbox(place, mail) {
  const said = JSON.stringify([mail.from, mail.subject, mail.snippet, mail.portrait]);
  if (place.dataset.said === said) return;
  place.dataset.said = said;
  const sender = mail.from.replace(/\s*<[^>]*>$/, "").replace(/^"(.*)"$/, "$1") || mail.from;
  place.replaceChildren(...CLIENTS.map((client) => shown(client, sender, mail)), made("p", "", ABOUT));
}

function shown([kind, name, about], sender, mail) {
  const caption = made("figcaption", "", name, " ", made("span", "", about));
  const list = made("div", "rows", row(sender, mail), blank());
  const client = made("figure", `client ${kind}`, caption, list);
  if (kind === "gmail") client.tabIndex = 0; // on a phone it scrolls sideways, also by the keyboard
  return client;
}

function row(sender, mail) {
  const time = CLOCK.format(new Date());
  const words = made("p", "said", made("b", "subject", mail.subject), made("span", "between", " – "), made("span", "preheader", mail.snippet));
  return made("div", "row", face(sender, mail.portrait), made("b", "sender", sender), made("span", "time", time), words);
}

/** The picture of the sender, or the first letters where there is none. */
function face(sender, portrait) {
  const place = made("span", "face");
  place.setAttribute("aria-hidden", "true");
  if (portrait) {
    const picture = document.createElement("img");
    picture.src = portrait;
    picture.alt = "";
    place.append(picture);
  } else {
    place.textContent = sender.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
  }
  return place;
}

function blank() {
  const place = made("div", "row blank", made("span", "face"), made("span", "bar-a"), made("span", "bar-b"), made("span", "bar-c"));
  place.setAttribute("aria-hidden", "true");
  return place;
}
