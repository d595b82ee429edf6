// The preview's page: asks for an issue as a person, shows it, and asks again whenever a file was saved.

import { Frame } from "./frames.js";
import { PeoplePicker } from "./people.js";

const part = (id) => document.getElementById(id);
const wanted = new URLSearchParams(location.search);
const wide = matchMedia("(min-width: 1140px)");
const roomy = matchMedia("(min-width: 720px)");
const frames = [...document.querySelectorAll(".screen")].map((screen) => new Frame(screen));
const picker = new PeoplePicker({ choose: (id) => look({ as: id }), reveal: () => look({}) });

let newest = 0; // the version the server told of last
let shown = 0; // the version on the page
let asked = 0; // counts questions, so that only the latest answer is used
let source = null;

/** Asks for what is wanted, changed by `changes`, and shows it. */
async function look(changes) {
  for (const [key, value] of Object.entries(changes)) wanted.set(key, value);
  const turn = ++asked;
  const query = new URLSearchParams();
  for (const key of ["issue", "as"]) if (wanted.get(key)) query.set(key, wanted.get(key));
  if (picker.addresses.checked) query.set("addresses", "1");
  let state;
  try {
    const answer = await fetch(`/state?${query}`);
    if (!answer.ok) throw new Error(answer.statusText);
    state = await answer.json();
  } catch {
    return; // the event stream tells when the preview is back
  }
  if (turn === asked) await show(state);
}

async function show(state) {
  const again = shown !== 0 && state.version !== shown;
  shown = state.version;
  wanted.set("as", state.person.id);
  if (state.issue) wanted.set("issue", state.issue);
  history.replaceState(null, "", `?${wanted}`);
  const title = state.issues.find((issue) => issue.slug === state.issue)?.title;
  document.title = title ? `${title} – Preview` : "Preview";
  showIssues(state);
  picker.show(state.person, state.invented);
  showProblems(state);
  part("empty").hidden = state.issue !== null;
  part("as-pick").hidden = part("views").hidden = state.issue === null;
  part("stage").hidden = part("envelope").hidden = !state.mail;
  document.body.classList.toggle("old", !state.current);
  const changed = state.mail ? await showMail(state) : false;
  if (shown < newest) look({});
  else if (again && state.issue) say(state.problems.length ? "Problems found" : changed ? `Updated ${now()}` : `No visible change ${now()}`);
  else say("Follows every save");
}

function showIssues({ issues, issue }) {
  part("issue-pick").hidden = issues.length < 2;
  const said = JSON.stringify(issues);
  if (part("issue").dataset.said !== said) {
    part("issue").dataset.said = said;
    part("issue").replaceChildren(...issues.map(({ slug, title }) => new Option(title, slug)));
  }
  part("issue").value = issue ?? "";
}

function showProblems({ problems, mail, current, issue }) {
  part("problems-box").hidden = problems.length === 0;
  part("problems-title").textContent = problems.length === 1 ? "1 problem in the files" : `${problems.length} problems in the files`;
  part("problems-list").replaceChildren(...problems.map(problemItem));
  const kept = "Below is the last version without problems. This goes away by itself once the files are right and saved.";
  const none = "The mail shows here once the files are right and saved.";
  part("problems-note").textContent = !current && mail ? kept : !current || !issue ? none : "";
}

function problemItem({ file, line, message, remedy }) {
  const item = document.createElement("li");
  if (file) {
    const place = document.createElement("p");
    place.className = "place";
    const name = document.createElement("code");
    name.textContent = file;
    place.append(name, line ? ` line ${line}` : "");
    item.append(place);
  }
  const words = document.createElement("p");
  words.append(...withCode(message.charAt(0).toUpperCase() + message.slice(1)));
  if (remedy) {
    const next = document.createElement("span");
    next.className = "remedy";
    next.append(" ", ...withCode(remedy));
    words.append(next);
  }
  item.append(words);
  return item;
}

/** A sentence with what stands between backticks as code. */
function withCode(sentence) {
  return sentence.split("`").map((piece, index) => {
    if (index % 2 === 0) return piece;
    const code = document.createElement("code");
    code.textContent = piece;
    return code;
  });
}

async function showMail({ mail, person }) {
  part("subject").textContent = mail.subject;
  part("preheader").textContent = mail.preheader;
  part("from").textContent = mail.from;
  part("to").textContent = person.name ? `${person.name} <${person.address}>` : person.address;
  part("size").textContent = `${Math.max(1, Math.round(mail.size / 1000))} kB`;
  const text = document.querySelector("#text pre");
  const textChanged = text.textContent !== mail.text;
  if (textChanged) text.textContent = mail.text;
  const changed = await Promise.all(frames.map((frame) => frame.show(mail.url)));
  return textChanged || changed.includes(true);
}

/** Chooses what is shown: the view asked for where there is room for it, else the one that fits. */
function arrange() {
  const asked = wanted.get("view");
  const fits = wide.matches ? "both" : roomy.matches ? "desktop" : "phone";
  const view = ["phone", "desktop", "text"].includes(asked) || (asked === "both" && wide.matches) ? asked : fits;
  part("stage").dataset.view = view;
  document.querySelector(`input[name=view][value=${view}]`).checked = true;
}

function say(words) {
  part("status").textContent = words;
}

function now() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function listen() {
  source = new EventSource("/events");
  source.addEventListener("version", (event) => {
    document.body.classList.remove("ended");
    newest = Number(event.data);
    if (newest !== shown) look({});
    else say("Follows every save");
  });
  source.addEventListener("error", () => {
    document.body.classList.add("ended");
    say("The preview has ended. Start it again with: newsletter preview");
  });
}

part("issue").addEventListener("change", (event) => look({ issue: event.target.value }));
for (const radio of document.querySelectorAll("input[name=view]")) {
  radio.addEventListener("change", () => {
    wanted.set("view", radio.value);
    history.replaceState(null, "", `?${wanted}`);
    arrange();
  });
}
for (const media of [wide, roomy]) media.addEventListener("change", arrange);
const measured = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    target.closest("figure").querySelector(".width").textContent = `${Math.round(contentRect.width)} px`;
  }
});
for (const screen of document.querySelectorAll(".screen")) measured.observe(screen);
document.addEventListener("visibilitychange", () => {
  // A page that nobody sees gives its connection back: a browser allows six to one server.
  if (document.hidden) source.close();
  else listen();
});

arrange();
look({}).then(listen);
