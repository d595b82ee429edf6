// What the checks found, grouped by how bad it is, and the facts beside it; each finding leads to its place in the mail.

import { made, part, withCode } from "./words.js";

const GROUPS = [
  ["error", "error", "errors", "Stops a send"],
  ["warning", "warning", "warnings", "Probably does harm"],
  ["advice", "advice", "advice", "Good to know"],
];
const ICONS = { error: "!", warning: "▲", advice: "i", passed: "✓" };

export class Findings {
  /** `jump` goes to a finding's place and tells whether there was one. */
  constructor({ jump }) {
    this.jump = jump;
    this.version = 0;
    this.said = "";
    this.at = -1;
  }

  /** Shows what was found in a version. */
  show(study) {
    this.version = study.version;
    this.#facts(study);
    const said = JSON.stringify([study.findings, study.passed, study.problems.length]);
    if (said === this.said) return;
    this.said = said;
    this.at = -1;
    const groups = GROUPS.map(([severity, one, many, means]) => this.#group(study.findings, severity, one, many, means));
    part("findings-list").replaceChildren(...groups.filter(Boolean));
    const count = (severity) => study.findings.filter((finding) => finding.severity === severity).length;
    const serious = count("error") + count("warning");
    part("side-count").textContent = serious || "";
    part("findings-state").replaceChildren(
      ...(study.problems.length
        ? ["The checks run once the files are right."]
        : [icon("passed"), `${study.passed} checks passed${study.findings.length ? "" : ". Nothing is wrong."}`])
    );
  }

  /** Goes to the next finding (1) or the one before (-1). */
  step(by) {
    const items = [...part("findings-list").querySelectorAll("li")];
    if (!items.length) return;
    this.at = this.at < 0 && by < 0 ? items.length - 1 : (this.at + by + items.length) % items.length;
    const button = items[this.at].querySelector(".jump");
    (button ?? items[this.at]).focus();
    items[this.at].scrollIntoView({ block: "nearest" });
    button?.click();
  }

  #group(findings, severity, one, many, means) {
    const found = findings.filter((finding) => finding.severity === severity);
    if (!found.length) return null;
    const title = made("h3", "", icon(severity), `${found.length} ${found.length === 1 ? one : many}`, made("span", "", means));
    return made("section", `group ${severity}`, title, made("ul", "", ...found.map((finding) => this.#item(finding))));
  }

  #item(finding) {
    const place = finding.line ? [made("code", "", finding.file), ` line ${finding.line}`] : [finding.place];
    const item = document.createElement("li");
    if (finding.view === "none") {
      item.append(made("p", "place", ...place));
    } else {
      const button = made("button", "jump place", made("span", "", ...place), made("span", "go", "Show"));
      button.type = "button";
      button.addEventListener("click", async () => {
        button.lastChild.textContent = (await this.jump(finding)) ? "Show" : "Not in this mail";
      });
      item.append(button);
    }
    item.append(made("p", "harm", ...withCode(finding.harm)), made("p", "fix", ...withCode(finding.fix)));
    item.dataset.id = finding.id;
    item.tabIndex = -1;
    return item;
  }

  #facts({ reading, variants }) {
    part("variants").hidden = !variants;
    part("facts").hidden = !reading;
    if (!reading) return;
    part("words").textContent = reading.words.toLocaleString("en");
    part("minutes").textContent = reading.minutes;
    part("minutes-unit").textContent = reading.minutes === 1 ? "minute" : "minutes";
    part("grade").textContent = reading.grade === null ? "–" : Math.max(0, reading.grade).toFixed(1);
  }
}

/** How large a mail's page is, beside what Gmail shows of one. */
export function showSize({ size, page_size: page, limit }) {
  const gauge = part("gauge");
  [gauge.max, gauge.high, gauge.optimum, gauge.value] = [limit, 0.88 * limit, 0, page];
  const left = page < limit ? ` of about ${kilo(limit)} before Gmail cuts it off` : `: Gmail cuts it off after about ${kilo(limit)}`;
  part("gauge-words").textContent = `${kilo(page)}${left}. With pictures the mail has ${kilo(size)}.`;
}

function icon(kind) {
  const sign = made("span", `icon ${kind}`, ICONS[kind]);
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

function kilo(bytes) {
  return `${Math.max(1, Math.round(bytes / 1000))} kB`;
}
