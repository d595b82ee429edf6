// The phone's page: shows the mail of an issue as an invented reader gets it, and shows it again whenever a file was saved.

import { Frame } from "./frames.js";

const part = (id) => document.getElementById(id);
const wanted = new URLSearchParams(location.search);
const frame = new Frame(part("mail"));

let newest = 0; // the version the server told of last
let shown = 0; // the version on the page
let asked = 0; // counts questions, so that only the latest answer is used
let source = null;

/** Asks for an issue, or again for the one on show, and shows it. */
async function look(issue) {
  if (issue) wanted.set("issue", issue);
  const turn = ++asked;
  const query = wanted.get("issue") ? `?issue=${encodeURIComponent(wanted.get("issue"))}` : "";
  let state;
  try {
    const answer = await fetch(`/phone/state${query}`);
    if (answer.status === 403) return end(); // the session went with the preview it was begun in
    if (!answer.ok) throw new Error(answer.statusText);
    state = await answer.json();
  } catch {
    return; // the event stream tells when the preview is back
  }
  if (turn === asked) await show(state);
}

async function show({ version, issue, title, mail, issues, problems }) {
  const again = shown !== 0 && version !== shown;
  shown = version;
  if (issue) history.replaceState(null, "", `/phone?issue=${encodeURIComponent(issue)}`);
  document.title = title ?? "Newsletter";
  part("subject").textContent = mail?.subject ?? title ?? "Newsletter";
  showIssues(issues, issue);
  part("problems").hidden = !problems;
  part("mail").hidden = !mail;
  part("empty").hidden = Boolean(mail);
  part("empty-title").textContent = issue ? "There is no mail to show yet." : "There is no issue yet.";
  part("empty-next").textContent = issue ? "It shows here once the files are right and saved." : "Make one on the computer; it shows here at once.";
  document.body.classList.toggle("old", problems > 0);
  const changed = mail ? await frame.show(mail.url) : false;
  if (shown < newest) look();
  else say(problems ? "Problems found" : again && changed ? `Updated ${now()}` : "Follows every save");
}

function showIssues(issues, issue) {
  part("issue").hidden = issues.length < 2;
  const said = JSON.stringify(issues);
  if (part("issue").dataset.said !== said) {
    part("issue").dataset.said = said;
    part("issue").replaceChildren(...issues.map(({ slug, title }) => new Option(title, slug)));
  }
  part("issue").value = issue ?? "";
}

function say(words, away = false) {
  document.body.classList.toggle("away", away);
  part("status").textContent = words;
}

/** Says that nothing more will come; a session does not outlive its preview. */
function end() {
  source?.close();
  say("The preview has ended.", true);
}

function now() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function listen() {
  source?.close();
  source = new EventSource("/events");
  source.addEventListener("version", (event) => {
    newest = Number(event.data);
    if (newest !== shown) look();
    else say("Follows every save");
  });
  source.addEventListener("ended", end);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) end();
    else say("The preview has ended, or is out of reach.", true);
  });
}

part("issue").addEventListener("change", (event) => look(event.target.value));
document.addEventListener("visibilitychange", () => {
  // A phone that is put away gives its connection back.
  if (document.hidden) source?.close();
  else listen();
});

look().then(listen);
