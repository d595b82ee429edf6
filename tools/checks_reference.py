"""Writes docs/checks.md, the reference of all checks, from the rules themselves."""

from __future__ import annotations

from pathlib import Path

from newsletter.check.finding import ERROR
from newsletter.check.preflight import load_rules
from newsletter.check.registry import Rule

TARGET = Path(__file__).parents[1] / "docs" / "checks.md"
FAMILIES = {
    "M": ("The mail", "Headers, parts and what stands in the inbox."),
    "U": ("Unsubscribing", "The way out, for mailbox programs and for people."),
    "A": ("The account", "The address that sends, its domain, and the mail server."),
    "L": ("The list", "Who is mailed, and what the list holds."),
    "H": ("The page", "HTML, styles, pictures and links as mail programs treat them."),
    "C": ("Access", "What eyes, fingers and screen readers need."),
    "K": ("What is said", "Health claims, board rules, privacy, plain language."),
    "S": ("Spam filters", "What a real one says."),
}
HEAD = """\
# The checks

Written by `python tools/checks_reference.py` from the rules; do not edit it by hand. `newsletter check --explain ID` says the
same for one check, with the facts it goes by (phrases, states, providers), each with source and date.

**error**: nothing is sent. **warning**: probable harm. **advice**: good to know. Where two stand, it depends on the case,
or on the practice's state. An issue can accept a finding with a reason (`accept: [{id: K05, reason: ...}]`); *never accepted*
marks errors that would expose people or break the law. *online* runs with `--online`, *tool* where SpamAssassin is installed,
*words* in languages that there is a file of words for (English). *also received* judges a mail of anybody's as well
(`check --eml FILE`). None of this is legal advice: what your board allows is for your board and your lawyer to say.
"""


def reference() -> str:
    """The whole page."""
    rules = sorted(load_rules().values(), key=lambda rule: rule.id)
    lines = [HEAD, f"There are {len(rules)} checks.\n"]
    for letter, (title, about) in FAMILIES.items():
        lines += [f"## {letter}: {title}\n", f"{about}\n", "| id | a good mail has | looked at | how bad | source |"]
        lines.append("|---|---|---|---|---|")
        lines += [row(rule) for rule in rules if rule.id[0] == letter]
        lines.append("")
    return "\n".join(lines)


def row(rule: Rule) -> str:
    """One check as a row of its table."""
    bad = ", ".join(level.word for level in sorted(rule.levels))
    marks = ["never accepted"] if ERROR in rule.levels and rule.protects else []
    marks += [rule.needs] if rule.needs else []
    marks += ["also received"] if rule.received else []
    bad += f" (*{', '.join(marks)}*)" if marks else ""
    cells = (rule.id, rule.wants, rule.about, bad, f"{rule.source} ({rule.as_of})")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    print(f"{TARGET.name}: {len(load_rules())} checks")
