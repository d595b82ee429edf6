// The studio's page: asks for an issue as a person, shows it, and asks again whenever a file was saved.

import { Findings, showSize } from "./findings.js";
import { Frame, known } from "./frames.js";
import { showInbox } from "./inbox.js";
import { Keys } from "./keys.js";
import { PeoplePicker } from "./people.js";
import { offerPhone } from "./phone_code.js";
import { seek, showSpot } from "./seek.js";
import { Trial } from "./trial.js";
import { draggable } from "./widths.js";
import { now, part, problemItem } from "./words.js";

const VIEWS = ["both", "phone", "desktop", "inbox", "text", "headers"];
const LOOKS = ["scheme", "pictures", "styles", "text"];
const NARROWEST = 880; // pixels that phone and desktop side by side need
const DESKTOP = 602; // pixels of a desktop with its edges, at least; where there is less room it is shown smaller
const wanted = new URLSearchParams(location.search);
const slug = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const frames = Object.fromEntries(
  ["phone", "desktop"].map((id) => [id, new Frame(document.querySelector(`#${id} .screen`), (event) => keys.press(event))])
);
const picker = new PeoplePicker({ choose: (id) => seeAs(id), reveal: () => look({}).then(study) });
const findings = new Findings({ jump });
const trial = new Trial(async () => ({ issue: slug, as: wanted.get("as"), token: await token() }));

const widths = { middle: part("middle").clientWidth, phone: 387 }; // pixels, kept so that a save need not measure
let mailState = null; // what the server told last
let newest = 0; // the version the server told of last
let shown = 0; // the version on the page
let asked = 0; // counts questions, so that only the latest answer is used
let source = null;
let replaced = ""; // that somebody else is shown than was chosen, until somebody is chosen again

/** Asks for what is wanted, changed by `changes`, and shows it. */
async function look(changes) {
  for (const [key, value] of Object.entries(changes)) value ? wanted.set(key, value) : wanted.delete(key);
  const turn = ++asked;
  const looks = lookWanted();
  const query = new URLSearchParams({ issue: slug, ...Object.fromEntries(looks) });
  if (wanted.get("as")) query.set("as", wanted.get("as"));
  const state = await ask("/state", query);
  if (state && turn === asked) await show({ ...state, look: `${looks}` });
}

function seeAs(id) {
  replaced = "";
  return look({ as: id });
}

/** The answer to a question, or null where the server has gone; the event stream tells when it is back. */
async function ask(path, query) {
  if (picker.addresses.checked) query.set("addresses", "1");
  try {
    const answer = await fetch(`${path}?${query}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** What shows the server that a request comes from this page: told with the first answer, and anew by a preview started anew. */
async function token() {
  while (!mailState) await new Promise((done) => setTimeout(done, 50));
  return mailState.token;
}

/** Shows what the server told: the mail first, what stands around it once that is painted. */
async function show(state) {
  const again = shown !== 0 && state.version !== shown;
  if (wanted.get("as") && wanted.get("as") !== state.person.id) {
    replaced = `The person chosen is not on the list any more: shown as ${state.person.name || "the first of it"}`;
  }
  mailState = state;
  shown = state.version;
  wanted.set("as", state.person.id);
  part("stage").hidden = part("envelope").hidden = !state.mail;
  part("side").hidden = !state.issue || !part("side-shown").checked;
  document.body.classList.toggle("old", !state.current);
  showProblems(state.problems, state);
  if (state.page && state.look === `${lookWanted()}`) known(addressOf(state.mail, state.look), state.page);
  const anew = state.mail ? await dress() : false;
  if (again) await painted();
  if (mailState !== state) return;
  const changed = showAround(state) || anew;
  if (shown < newest) return look({});
  if (replaced && state.issue) say(replaced);
  else if (again && state.issue) say(state.problems.length ? "Problems found" : changed ? `Updated ${now()}` : `No visible change ${now()}`);
  else say("Follows every save");
  if (findings.version !== shown) study();
}

/** What stands around the mail: sender and subject, the inbox, the other parts. Says whether its words changed. */
function showAround(state) {
  remember();
  const title = state.issues.find((issue) => issue.slug === state.issue)?.title;
  document.title = title ? `${title} – Preview` : "Preview";
  showIssues(state);
  picker.show(state.person, state.invented);
  part("empty").hidden = state.issue !== null;
  part("empty-title").textContent = slug ? `There is no issue called “${slug}”.` : "There is no issue yet.";
  part("as-pick").hidden = part("tools").hidden = state.issue === null;
  part("how-to-begin").hidden = state.issues.length > 0;
  trial.offer(state.issue && state.own, Boolean(state.mail) && state.current);
  if (state.mail) showSize(state.mail);
  return state.mail ? showWords(state) : false;
}

function painted() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

/** Asks for the checks and the facts; they come when they are ready, the mail does not wait for them. */
async function study() {
  if (!mailState?.issue) return;
  const found = await ask("/study", new URLSearchParams({ issue: slug }));
  if (!found || found.version < shown) return;
  findings.show(found);
  picker.suggest(found.awkward);
  const hidden = found.problems.filter((problem) => !mailState.problems.some((known) => known.message === problem.message));
  if (hidden.length && mailState.current) showProblems([...mailState.problems, ...hidden], mailState);
}

function showIssues({ issues, issue }) {
  const said = JSON.stringify(issues);
  if (part("issue").dataset.said !== said) {
    part("issue").dataset.said = said;
    const alike = (one) => issues.filter(({ title }) => title === one.title).length > 1;
    part("issue").replaceChildren(...issues.map((one) => new Option(alike(one) ? `${one.title} (${one.slug})` : one.title, one.slug)));
  }
  part("issue-pick").hidden = issues.length === 0;
  part("issue").value = issue ?? "";
}

function showProblems(problems, { mail, current, issue }) {
  part("problems-box").hidden = problems.length === 0;
  part("problems-title").textContent = problems.length === 1 ? "1 problem in the files" : `${problems.length} problems in the files`;
  part("problems-list").replaceChildren(...problems.map(problemItem));
  const kept = "Below is the last version without problems. This goes away by itself once the files are right and saved.";
  const none = "The mail shows here once the files are right and saved.";
  part("problems-note").textContent = !current && mail ? kept : !current || !issue ? none : "";
}

function showWords({ mail, person }) {
  part("subject").textContent = mail.subject;
  part("preheader").textContent = mail.preheader || "No preheader: programs show the first words of the mail in its place.";
  part("from").textContent = mail.from;
  part("to").textContent = person.name ? `${person.name} <${person.address}>` : person.address;
  showInbox(part("inbox"), mail);
  let changed = false;
  for (const [id, words] of [["text", mail.text], ["headers", mail.headers]]) {
    const place = document.querySelector(`#${id} pre`);
    if (place.textContent === words) continue;
    place.textContent = words;
    changed ||= id === "text";
  }
  return changed;
}

/** Where a mail's page is in a look; addresses in it are masked like everywhere. */
function addressOf(mail, look) {
  return `${mail.url}?${look}${picker.addresses.checked ? "&addresses=1" : ""}`;
}

function lookWanted() {
  return new URLSearchParams(LOOKS.map((name) => [name, wanted.get(name) ?? (name === "scheme" ? "light" : null)]).filter(([, value]) => value));
}

/** Shows the mail in both frames in the look that is wanted; what is seen comes first. */
async function dress() {
  const url = addressOf(mailState.mail, lookWanted());
  const view = part("stage").dataset.view;
  const seen = view === "both" ? ["phone", "desktop"] : view in frames ? [view] : ["phone"];
  const first = await Promise.all(seen.map((id) => frames[id].show(url)));
  for (const id in frames) if (!seen.includes(id)) frames[id].show(url);
  return first.includes(true);
}

/** Chooses what is shown: the view asked for where there is room for it, else the one that fits. */
function arrange() {
  const { middle: room, phone } = widths;
  part("both").hidden = room < NARROWEST;
  const fits = room >= NARROWEST ? "both" : room >= 680 ? "desktop" : "phone";
  const view = VIEWS.includes(wanted.get("view")) && (wanted.get("view") !== "both" || room >= NARROWEST) ? wanted.get("view") : fits;
  part("stage").dataset.view = view;
  const space = room - phone - 100; // what padding, gap and handles take
  const zoom = view === "both" ? Math.min(1, space / DESKTOP) : 1;
  part("desktop").style.setProperty("--zoom", zoom);
  part("desktop").classList.toggle("small", zoom < 1);
  part("zoom").textContent = zoom < 1 ? `shown at ${Math.round(100 * zoom)} %` : "";
  part("schemes").disabled = part("looks").disabled = ["inbox", "text", "headers"].includes(view);
  document.querySelector(`input[name=view][value=${view}]`).checked = true;
  for (const input of document.querySelectorAll("#schemes input, #looks input")) {
    input.checked = (wanted.get(input.name) ?? "light") === input.value;
  }
}

/** Goes to where a finding shows: a person, a view, a place in the mail. Says whether it was found. */
async function jump({ view, person, seek: clues }) {
  if (view === "person") return seeAs(person).then(() => true);
  if (view === "none") return false;
  const page = ["both", "phone", "desktop"].includes(part("stage").dataset.view);
  if (view !== "page") choose({ view });
  else if (!page) choose({ view: null });
  if (view !== "page") return true;
  if (mailState.mail) await dress();
  let found = false;
  for (const frame of Object.values(frames)) {
    const element = frame.page && seek(frame.page, clues);
    if (element) showSpot(frame.shown, element);
    found ||= Boolean(element);
  }
  return found;
}

/** Changes how the mail is shown. */
function choose(changes) {
  for (const [key, value] of Object.entries(changes)) value ? wanted.set(key, value) : wanted.delete(key);
  remember();
  arrange();
  if (mailState?.mail) dress();
}

function remember() {
  history.replaceState(null, "", `?${wanted}`);
}

function say(words) {
  part("status").textContent = words;
}

function listen() {
  source = new EventSource("/events");
  source.addEventListener("version", (event) => {
    const again = document.body.classList.contains("ended");
    document.body.classList.remove("ended");
    newest = Number(event.data);
    if (shown === 0 && !again) return; // the first answer is on its way
    if (newest !== shown || again) look({}); // one that was started anew knows nothing of this page
    else say(replaced || "Follows every save");
  });
  source.addEventListener("error", () => {
    document.body.classList.add("ended");
    say("The preview has ended. Start it again with: newsletter preview");
  });
}

function stepIssue(step) {
  const options = [...part("issue").options];
  const next = options[part("issue").selectedIndex + step];
  if (next) location.assign(`/issue/${encodeURIComponent(next.value)}${query()}`);
}

/** How the mail is shown now, for another issue. */
function query() {
  return wanted.size ? `?${wanted}` : "";
}

part("issue").addEventListener("change", (event) => location.assign(`/issue/${encodeURIComponent(event.target.value)}${query()}`));
for (const input of document.querySelectorAll("#tools fieldset input")) {
  const plain = input.name === "scheme" ? "light" : null;
  input.addEventListener("change", () => choose({ [input.name]: input.checked && input.value !== plain ? input.value : null }));
}
part("side-shown").addEventListener("change", (event) => {
  localStorage.setItem("checks", event.target.checked ? "shown" : "hidden");
  part("side").hidden = !event.target.checked;
});
part("side-shown").checked = localStorage.getItem("checks") !== "hidden";
const sized = new ResizeObserver((entries) => {
  for (const { target, borderBoxSize } of entries) if (borderBoxSize[0].inlineSize) widths[target.id] = borderBoxSize[0].inlineSize;
  arrange();
});
for (const id in widths) sized.observe(part(id));
for (const frame of Object.values(frames)) draggable(frame.screen);
offerPhone(token);
const keys = new Keys({
  "1 2 3 4 5 6": ["Side by side, phone, desktop, inbox, text, headers", (key) => choose({ view: VIEWS[key - 1] })],
  l: ["Light", () => choose({ scheme: null })],
  d: ["Dark", () => choose({ scheme: "dark" })],
  f: ["Forced dark", () => choose({ scheme: "forced" })],
  p: ["Pictures on or off", () => choose({ pictures: wanted.get("pictures") ? null : "off" })],
  s: ["Style sheet on or off", () => choose({ styles: wanted.get("styles") ? null : "off" })],
  z: ["Text 200 % or as it is", () => choose({ text: wanted.get("text") ? null : "200" })],
  "/": ["Search for a person", () => picker.open()],
  "j k": ["Next and previous finding", (key) => findings.step(key === "j" ? 1 : -1)],
  c: ["Checks shown or hidden", () => part("side-shown").click()],
  "n b": ["Next and previous issue", (key) => stepIssue(key === "n" ? 1 : -1)],
  "?": ["This list", () => keysShown()],
});
function keysShown() {
  part("keys-box").showModal();
}
part("keys").addEventListener("click", keysShown);
document.addEventListener("visibilitychange", () => {
  // A page that nobody sees gives its connection back: a browser allows six to one server.
  if (document.hidden) source.close();
  else listen();
});

arrange();
look({});
listen();
