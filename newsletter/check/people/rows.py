"""The list and its people: rows left out, slips in addresses, empty values, opt-outs, and who has the issue already."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.registry import rule

# kind of a row left out -> what it is called: one, many; and what to do
_LEFT_OUT = {
    "address": ("row has no address that mail can reach", "rows have no address that mail can reach", "Correct the address."),
    "row": ("row cannot be read", "rows cannot be read", "Correct the row, or save the list again as CSV."),
    "unknown status": (
        "row has a status we do not know",
        "rows have a status we do not know",
        "Write active or unsubscribed in the column status.",
    ),
    "duplicate": ("row repeats a person", "rows repeat a person", "Delete one of the rows."),
}


@rule("L05", "a value or a fallback for every merge field", ERROR, source="quality")
def no_gaps(evidence: Evidence) -> Iterator[Finding]:
    """No reader sees a gap where a name should stand."""
    for name, rows in evidence.survey.empty.items():
        uses = [use for use in evidence.uses if use.name == name and use.fallback is None]
        more = "" if len(uses) == 1 else f" (also in line {', '.join(str(use.line) for use in uses[1:4])})"
        harm = (
            f"{{{{ {name} }}}}{more} is empty for {rows.spoken('reader', 'readers')}: they would see a gap. "
            f"{evidence.survey.list_name}, {rows.where}."
        )
        fix = f'Write {{{{ {name} or "..." }}}} with the words for those readers, or fill in the list.'
        fix += " A child is never greeted by name." if name in evidence.survey.hidden else ""
        yield error(f"{evidence.issue.document.path}:{uses[0].line}", harm, fix)


@rule(
    "L06",
    "not sent already, and not changed in between",
    ERROR,
    ADVICE,
    source="one issue, one mail for each reader",
    protects="people",
)
def not_sent_before(evidence: Evidence) -> Iterator[Finding]:
    """Says what an earlier run of the same issue means for the next one."""
    record, place = evidence.record, evidence.issue.document.path
    begun = record.sent + record.uncertain
    if not begun:
        return
    has = f"{record.sent:,} {'reader has' if record.sent == 1 else 'readers have'} this issue already"
    if record.content_hash is not None and record.content_hash != evidence.mail.content_hash:
        harm = f"{has}, and it was changed since: the others would get a different one."
        fix = "Undo the change, or save what you wrote as a new issue under another file name."
        yield error(place, harm, fix)
    elif record.uncertain:
        harm = f"{has}, and {record.uncertain:,} may have it: the connection broke at the wrong moment."
        yield advice(place, harm, f"Decide about them with: newsletter settle {evidence.issue.slug}")
    elif record.waiting:
        yield advice(place, f"{has}; still waiting for it: {record.waiting:,}.", "Nothing to do: send goes on with the rest.")
    else:
        yield advice(place, f"{has}. Nobody gets it twice.", "Nothing to do: send mails it only to people new on the list.")


@rule("L01", "a list that can be mailed", WARNING, source="Gmail 553 5.1.3; Yahoo: invalid recipients")
def list_in_order(evidence: Evidence) -> Iterator[Finding]:
    """Rows that are left out, and addresses with a slip of the pen; one bad row does not stop everybody's mail."""
    survey = evidence.survey
    if not evidence.list_read:
        harm = "There is no subscriber list yet. The mail was checked with invented readers."
        yield warning("subscribers.csv", harm, "Export one from your practice system as CSV with a column `email`.")
        return
    if not survey.to_mail:
        yield warning(survey.list_name, "Nobody on the list can be mailed.", "Add people to the list.")
    for kind, (one, many, fix) in _LEFT_OUT.items():
        if rows := survey.left_out.get(kind):
            harm = f"{rows.spoken(one, many)} ({rows.where}) and will not be mailed. The first: {rows.first}"
            yield warning(evidence.row(rows.lines[0]), harm, fix)
    if rows := survey.slips:
        ends = rows.spoken("address seems", "addresses seem")
        harm = f"{ends} to have a slip of the pen ({rows.where}). The first ends in {rows.first}."
        yield warning(evidence.row(rows.lines[0]), harm, "Ask the person, or correct the address.")


@rule(
    "U10",
    "nobody on the list who opted out",
    ADVICE,
    source="CAN-SPAM and CASL: 10 business days; Gmail: 48 hours; Yahoo: 2 days",
)
def opted_out(evidence: Evidence) -> Iterator[Finding]:
    """People who must not be mailed are dropped by the tool; it says how many."""
    if rows := evidence.survey.suppressed:
        harm = f"{rows.spoken('person', 'people')} on the list opted out or bounced ({rows.where}) and will not be mailed."
        yield advice(evidence.row(rows.lines[0]), harm, "Nothing to do. You may delete the rows.")
