"""What is different about a mail that somebody else made: its reader cannot mend it, and it may be no newsletter at all."""

from __future__ import annotations

import re
from dataclasses import replace

from newsletter.check.finding import OUR_FAULT, Finding
from newsletter.check.sample import Sample

_ASK = "Show this to whoever looks after the program or service that sent it."
_BUILT = "in the built mail"
_OF_OURS = re.compile(r"`|\.ya?ml\b|\.mjml|\.txt\b|\bthemes?\b|\btemplates?\b|\bissue\b|images/|rules/|<mj-|practice's file")
_IN_OUR_WORDS = (
    *(("`subject`", "the subject"), ("`preheader`", "the preheader")),
    *((" in the template", ""), (" of the template", ""), (" of your template", ""), ("into the issue", "into the mail")),
)
# What whoever makes the mail should do, where the rule's own words name a file or a setting of this program.
_THEIR_FIX = {
    "M02": "Let the sending service write one address into From.",
    "M10": "Let the plain text say what the page says, with the same links.",
    "M12": "Write the subject as a plain sentence that says what is inside.",
    "M16": "Let answers go to an address that somebody reads.",
    "H02": "Let whoever designs the mail keep its style rules under 16 kB.",
    "H04": "Load the picture from a website of the sender's that begins with https://.",
    "H05": 'Give every picture an alt text and a width; alt="" if it is decoration.',
    "H06": "Show the picture larger, or write what it says beside it.",
    "H09": "Begin the page with 40 to 110 letters, hidden or not, that go on from the subject.",
    "H10": "Put the picture on the sender's own website, without a code for each reader.",
    "U01": "Let the sending service add a List-Unsubscribe header; most do so for a newsletter.",
    "U02": "Let the sending service write List-Unsubscribe as <https://...>, <mailto:...>.",
    "C01": 'Write lang="en" dir="ltr", or the language it is in, into the html tag and the first element of the page.',
    "C02": "Give the page a <title> that says what it is about.",
    "C05": "Make the title of the mail an <h1>, and the headings below it <h2>.",
    "K20": "Correct it, if it is no word of the sender's own.",
}
_LIST_HEADERS = ("List-Unsubscribe", "List-ID", "List-Post", "Feedback-ID")
_OWN_BUSINESS = re.compile(
    r"\b(?:your|upcoming) (?:next )?(?:appointment|visit|order|receipt|invoice|statement|password|payment|verification|booking)\b"
    r"(?!s? (?:with|to) )|\bappointment (?:reminder|confirm\w*|request|cancel\w*)|\b(?:reminder|confirmation):",
    re.IGNORECASE,
)
_FEW_WORDS = 120
_URL = re.compile(r"https?://|\bwww\.")


def theirs(finding: Finding) -> Finding:
    """A finding in words for somebody who did not make the mail: no file and no setting of this program is named."""
    fix = finding.fix
    for ours, plain in _IN_OUR_WORDS:
        fix = fix.replace(ours, plain)
    if finding.fix == OUR_FAULT or _OF_OURS.search(fix):
        fix = _ASK if finding.fix == OUR_FAULT else _THEIR_FIX.get(finding.id, _ASK)
    place = finding.place.replace(_BUILT, "in the mail", 1) if finding.place.startswith(_BUILT) else finding.place
    return replace(finding, place=place, fix=fix)


def alike_once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Of findings that one act would mend, the first, which says how many more there are."""
    told: dict[tuple[str, int, str, str], list[Finding]] = {}
    for finding in findings:
        told.setdefault((finding.id, finding.severity, finding.place, finding.fix), []).append(finding)
    return tuple(
        replace(first, harm=f"{first.harm} The same is wrong in {_more(len(more))}.") if more else first
        for first, *more in told.values()
    )


def _more(number: int) -> str:
    return "one more place" if number == 1 else f"{number:,} more places"


def no_newsletter(sample: Sample) -> str:
    """Why a mail is a letter or a notice to one person rather than a newsletter; empty where it may be a newsletter.

    Whatever has a sign of a list, or a way out of one, is a newsletter, and so is what is in doubt.
    """
    if any(sample.named(name) for name in _LIST_HEADERS) or (sample.value("Precedence") or "").lower() in (
        "bulk",
        "list",
        "junk",
    ):
        return ""
    if sample.value("In-Reply-To") or (sample.value("Auto-Submitted") or "").lower().startswith("auto-replied"):
        return "it answers another mail"
    if sample.opt_out:
        return ""
    if _OWN_BUSINESS.search(sample.subject):
        return "it is a notice about the reader's own business"
    words = sample.page.visible if sample.html else sample.text or ""
    if not sample.page.links and not sample.page.pictures and not _URL.search(words) and len(words.split()) < _FEW_WORDS:
        return "it is short and has no link and no picture"
    return ""
