"""How `newsletter inbox` tells what it found: who is not mailed any more, what wants an answer, what wants a decision."""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.cli.terminal import WIDTH, as_json, counted, moment, say, stamp, typed, wrapped
from newsletter.listen.effects import Effect, Followed, Summary

_MOST_ANSWERS = 30  # that are shown: a first run can find years of them
_GONE = {Followed.OPTED_OUT: "opted out", Followed.BOUNCED: "bounced", Followed.COMPLAINED: "called a mail spam"}
_REST = {
    Followed.CAME_BACK: "came back this time; they are mailed on",
    Followed.TURNED_AWAY: "turned away as spam, or by a rule of the reader's mail server",
    Followed.KNOWN: "known already, or answered",
    Followed.AUTOMATIC: "automatic: out of office, receipts, notices of delay",
    Followed.OTHER: "not about the newsletter",
}
_NOBODY_KNOWN = "(no longer on the list)"


def print_summary(found: Summary, mailbox: str, zone: str, in_doubt: int) -> None:
    """On the terminal; `in_doubt` mails may or may not have arrived."""
    new = counted(found.mails, "new mail") if found.mails else "Nothing new"
    say(f"{new} in the mailbox of {mailbox}.")
    _people("Not mailed any more", [effect for effect in found.shown if effect.what in _GONE])
    _people("No longer in doubt, the mail server had taken them", found.of(Followed.SETTLED))
    answers = found.of(Followed.ANSWER)
    _mails("Want an answer", answers[-_MOST_ANSWERS:], zone, len(answers))
    decisions = found.of(Followed.DECISION)
    _mails("Want a decision", decisions, zone, len(decisions))
    rest = [(found.counts[what], words) for what, words in _REST.items() if found.counts[what]]
    if rest:
        say("\nThe rest:")
        for count, words in rest:
            say(f"  {count:>6,}  {words}")
    say(f"\nNext: {_next(len(answers), len(decisions), in_doubt)}")


def print_summary_as_json(found: Summary, mailbox: str, _zone: str, in_doubt: int) -> None:
    """As one JSON object."""
    shown: dict[str, object] = {"mailbox": mailbox, "mails": found.mails}
    for what in Followed:
        if what in _REST:
            shown[_key(what)] = found.counts[what]
        else:
            shown[_key(what)] = [_as_object(effect) for effect in found.of(what)]
    as_json({**shown, "in_doubt": in_doubt})


def _people(title: str, effects: list[Effect]) -> None:
    if effects:
        say(f"\n{title}: {len(effects):,}")
    for effect in effects:
        why = _GONE.get(effect.what, "")
        why = (f"{why} ({effect.words})" if why else effect.words) if effect.words else why
        who = effect.who or _NOBODY_KNOWN
        line = f"  {who:<42}  {why}"
        say(line if len(line) <= WIDTH else f"  {who}\n{wrapped(why, ' ' * 6)}")


def _mails(title: str, effects: list[Effect], zone: str, of: int) -> None:
    if effects:
        say(f"\n{title}: {of:,}")
    if len(effects) < of:
        say(f"  (the newest {len(effects)}; the others are in the mailbox)")
    for effect in effects:
        say(f"  {effect.who or 'no sender'}, {moment(effect.at, zone)}")
        _lines(filter(None, (effect.subject, effect.words)))
        if effect.what is Followed.DECISION and effect.who:
            say(f"    If you know them: {typed('suppress', effect.who)}")


def _lines(texts: Iterable[str]) -> None:
    for text in texts:
        say(wrapped(text, "    "))


def _next(answers: int, decisions: int, in_doubt: int) -> str:
    if answers or decisions:
        what = [*(["answer"] if answers else []), *(["decide about"] if decisions else [])]
        return f"{' and '.join(what)} the {counted(answers + decisions, 'mail')} above, in your mail program."
    if in_doubt:
        return f"{typed('status')}   ({counted(in_doubt, 'mail')} may or may not have arrived)"
    return "run it again a few days after each mailing."


def _key(what: Followed) -> str:
    return what.value.replace(" ", "_")


def _as_object(effect: Effect) -> dict[str, str]:
    whole = {"email": effect.who, "at": stamp(effect.at), "subject": effect.subject, "words": effect.words}
    return {name: value for name, value in whole.items() if value or name in ("email", "at")}
