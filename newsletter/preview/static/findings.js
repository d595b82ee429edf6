// What the checks found, grouped by how bad it is, and the facts beside it; each finding leads to its place in the mail.

import { made, part, withCode } from "./words.js";

const GROUPS = [
  ["error", "error", "errors", "Stops the send"],
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
    const open = study.findings.filter((finding) => !finding.accepted);
    const groups = GROUPS.map(([severity, one, many, means]) => {
      const found = open.filter((finding) => finding.severity === severity);
      return this.#group(found, severity, one, many, means);
    });
    const accepted = study.findings.filter((finding) => finding.accepted);
    groups.push(this.#group(accepted, "passed", "accepted", "accepted", "With a reason"));
    part("findings-list").replaceChildren(...groups.filter(Boolean));
    const count = (severity) => open.filter((finding) => finding.severity === severity).length;
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

  #group(found, severity, one, many, means) {
    if (!found.length) return null;
    const title = made("h3", "", icon(severity), `${found.length} ${found.length === 1 ? one : many}`, made("span", "", means));
    return made("section", `group ${severity}`, title, made("ul", "", ...found.map((finding) => this.#item(finding))));
  }

  #item(finding) {
    const where = finding.line ? [made("code", "", finding.file), ` line ${finding.line}`] : [finding.place];
    const place = [made("b", "", finding.id), " ", ...where]; // the id is what `accept` and `check --explain` ask for
    const item = document.createElement("li");
    if (finding.view === "none") {
      item.append(made("p", "place", ...place));
    } else {
      const button = made("button", "jump place", made("span", "", ...place), made("span", "go", "Show"));
      button.type = "button";
      button.addEventListener("click", async () => {
        const found = await this.jump(finding);
        button.lastChild.textContent = found ? "Show" : "Not in this mail";
        if (found) bringBack(part("stage"));
      });
      item.append(button);
    }
    item.append(made("p", "harm", ...withCode(finding.harm)), made("p", "fix", ...withCode(finding.accepted ? `Accepted: ${finding.accepted}` : finding.fix)));
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

/** On a narrow screen the mail stands above the findings: what is shown there must come into sight. */
function bringBack(stage) {
  const { top } = stage.getBoundingClientRect();
  if (top > -24 && top < innerHeight / 2) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  stage.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}

function icon(kind) {
  const sign = made("span", `icon ${kind}`, ICONS[kind]);
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

function kilo(bytes) {
  return `${Math.max(1, Math.round(bytes / 1000))} kB`;
}
