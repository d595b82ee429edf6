"""The parts of HTML and CSS that a mail uses and its readers' mail programs do not know, with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.page import loads, outlook
from newsletter.check.page.alternatives import Alternative, Support, index, listed, support
from newsletter.check.page.features import Search, Use, spared
from newsletter.check.page.mail_programs import CLASSIC_OUTLOOK, FAMILIES, PROGRAMS, USUAL, joined, named, spoken
from newsletter.check.page.theme_lines import theme_place
from newsletter.check.registry import details, mail_rule
from newsletter.errors import Problem, ProblemsFound, did_you_mean

_FORMS = frozenset(["html-input-checkbox", "html-input-text", "html-select", "html-button-submit"])
_SHOWN = 60  # characters of what is quoted
_ENOUGH = 20  # uses of one feature that are looked at for one that classic Outlook is not spared


@dataclass(slots=True)
class _Met:
    """A feature as it was first met, whether classic Outlook has another way wherever it was met, and how often it was."""

    first: Use
    spared: bool
    count: int = 1


@mail_rule(
    "H03", "HTML and CSS that readers' programs know", WARNING, ADVICE, source="caniemail.com, 2026-05-13", as_of="2026-05-13"
)
def known_to_programs(mails: Mails) -> Iterator[Finding]:
    """Nothing that a program in `mail_programs` does not show, unless there is a fallback beside it or nobody misses it."""
    chosen = _chosen(mails)
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    met = _met(mails, listed(folder))
    known = support() if met else None
    for entry, found in met.items():
        if known and not any(one.id in entry.part_of for one in met):
            programs = [program for program in chosen if not (found.spared and program == CLASSIC_OUTLOOK)]
            yield from _told(mails, entry, found.first, known, programs)


def _met(mails: Mails, entries: tuple[Alternative, ...]) -> dict[Alternative, _Met]:
    """The features that the mails use, in the order in which they come."""
    search, met = Search(index(entries)), dict[Alternative, _Met]()
    own = loads.own_domains(mails)
    for sample in mails.unlike:
        page = sample.page
        for use in chain(search.uses(page), outlook.uses(page, search.index)):
            found = met.get(use.entry)
            if found and (not found.spared or found.count >= _ENOUGH):
                continue
            if use.entry.id == "html-link" and loads.is_foreign(loads.sheet_host(page, use.offset, use.written), own):
                continue  # who is asked for it matters more: H10 says so
            if found:
                found.spared, found.count = spared(page, use), found.count + 1
            else:
                met[use.entry] = _Met(use, spared(page, use))
    if any(element.tag == "form" for sample in mails.unlike for element in sample.page.elements):  # H11 tells of it as a whole
        met = {entry: found for entry, found in met.items() if entry.id not in _FORMS}
    return met


def _told(mails: Mails, entry: Alternative, use: Use, known: Support, chosen: list[str]) -> Iterator[Finding]:
    lack = known.lack(entry, chosen)
    if not lack.without and (not lack.partly or entry.loss == "little"):
        return
    names = spoken(lack.without or lack.partly, chosen)
    one, who = len(names) == 1, joined(names)
    if lack.without:
        outcome = f"{'does' if one else 'do'} not know this: {entry.seen}"
    else:
        outcome = f"{'knows' if one else 'know'} this only in part: it may be that {entry.seen}"
    harm = f"The mail has {entry.name}{_quoted(use)}. {who[0].upper()}{who[1:]} {outcome}."
    tell = warning if lack.without and entry.loss != "little" else advice
    place = theme_place(mails, use.written, use.written.partition(":")[0] + (":" if ":" in use.written else ""))
    yield tell(place, harm, entry.instead, source_of(entry))


def _quoted(use: Use) -> str:
    """What was met, word for word, unless the entry's name says the same."""
    written = " ".join(use.written.replace('"', "'").split())
    if ":" not in written or written.replace(" ", "") in use.entry.name.replace(" ", ""):
        return ""
    return f', "{written[:_SHOWN]}"'


def _chosen(mails: Mails) -> tuple[str, ...]:
    """The programs that the practice names, each once, or those that most people use. Raises ProblemsFound."""
    if not isinstance(mails, Evidence) or not mails.practice.text.mail_programs:
        return USUAL
    problems, chosen = [], dict[str, None]()
    for name in mails.practice.text.mail_programs:
        chosen.update(dict.fromkeys(named(name)))
        if not named(name):
            path, _, line = mails.key_place("mail_programs").rpartition(":")
            hint = did_you_mean(name, [*FAMILIES, *PROGRAMS])
            problems.append(Problem(path, int(line), 0, f'there is no mail program called "{name}".', hint))
    if problems:
        raise ProblemsFound(problems)
    return tuple(chosen)


def source_of(entry: Alternative) -> str:
    """The page on which a shipped entry's facts stand, or what a practice says of its own."""
    return f"{entry.source}/features/{entry.id}/" if entry.source == "https://www.caniemail.com" else entry.source


@details("H03")
def alternatives() -> Iterator[str]:
    """The names for `mail_programs`, then each feature with who lacks it, what they see, and what to write instead."""
    known = support()
    yield f"Names for mail_programs in practice.yaml: {', '.join([*FAMILIES, *PROGRAMS])}."
    yield f"Where it names none: {', '.join(USUAL)}. Facts: {known.source}, {known.as_of}."
    for entry in listed():
        lack = known.lack(entry, USUAL)
        who = joined(spoken(lack.without or lack.partly, USUAL))
        instead = "Nothing is said, because nobody misses it" if entry.loss == "none" else entry.instead.removesuffix(".")
        yield f"{entry.name}: not {'' if lack.without else 'fully '}in {who}: {entry.seen}. {instead}. ({source_of(entry)})"
