// Small things that several parts of the pages share: elements by id, sentences with code in them, the time.

export const part = (id) => document.getElementById(id);

/** An element with text, or with what stands in it. */
export function made(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

/** A sentence with what stands between backticks as code. */
export function withCode(sentence) {
  return sentence.split("`").map((piece, index) => (index % 2 === 0 ? piece : made("code", "", piece)));
}

/** A problem of a file, as an item of a list. */
export function problemItem({ file, line, message, remedy }) {
  const item = document.createElement("li");
  if (file) item.append(made("p", "place", made("code", "", file), line ? ` line ${line}` : ""));
  const words = made("p", "", ...withCode(/^[a-z]+[ ,]/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message));
  if (remedy) words.append(made("span", "remedy", " ", ...withCode(remedy)));
  item.append(words);
  return item;
}

export function now() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** Asks for something to be done; the token shows that the request comes from this page. */
export async function post(path, token, body) {
  const headers = { "Content-Type": "application/json", "X-Studio-Token": token ?? "" };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}
