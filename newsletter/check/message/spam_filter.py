"""What SpamAssassin, where it is installed, says of the finished mail, in plain words; it runs here, without the network."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.registry import details, mail_rule
from newsletter.read.own_cache import cache_folder

_PATIENCE = 8  # seconds; a newsletter takes two
_LARGEST = 2_000_000  # bytes; a server's filter does not look at larger mails either
_STRANGE, _SPAM = 3.0, 5.0  # points; 5 is where SpamAssassin's own settings draw the line
_ALONE = 1.0  # points that a single rule needs to be told
_KEPT = 30 * 24 * 3600  # seconds
_WHOLE = "in the built mail"
_SETTINGS = (
    "use_bayes 0",
    "report_safe 0",
    "add_header all Report _REPORT_",
    "fold_headers 1",
)  # learns nothing of patients' mails
_HIT = re.compile(r"^\s*\*\s+(-?\d{1,3}(?:\.\d{1,3})?)\s+([A-Z][A-Z0-9_]{2,80})\s*(.*)$")
_MORE = re.compile(r"^\s*\*\s{3,}(\S.*)$")
# What differs from one building of a mail to the next, and what does not matter to the filter.
_CHANGES = re.compile(rb"(?m)^(?:Date|Message-ID):[^\n]*\n(?:[ \t][^\n]*\n)*|=_(?:alternative|related)_[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What some of SpamAssassin's rules mean, from data/spamassassin.yaml; `rules` may end in `*`."""

    rules: tuple[str, ...]
    means: str
    fix: str
    ignore: str = ""
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule of SpamAssassin that a mail met, its points, and SpamAssassin's own words for it."""

    name: str
    points: float
    words: str


@mail_rule(
    "S01",
    "few points from SpamAssassin",
    *(ERROR, WARNING, ADVICE),
    source="SpamAssassin, at your computer, by its own rules",
    needs="tool",
)
def spam_filter(mails: Mails) -> Iterator[Finding]:
    """Under 3 points in all, and no single rule with 1 point or more; what only a mail on its way can have does not count."""
    program = shutil.which("spamassassin")
    content = mails.samples[0].content
    if program is None or len(content) > _LARGEST:
        return
    hits = _hits(Path(program), content)
    if hits is None:
        harm = "SpamAssassin is installed here and gave no answer, so nobody knows what it would say of this mail."
        yield advice(_WHOLE, harm, "Type this to see what is wrong with it: spamassassin --lint")
        return
    meanings = facts.entries(Meaning, "spamassassin", mails.practice.folder if isinstance(mails, Evidence) else None)
    counted = [(hit, meaning) for hit in hits if not ((meaning := _meaning(hit.name, meanings)) and meaning.ignore)]
    points = round(sum(hit.points for hit, _ in counted), 1)
    if points >= _STRANGE:
        yield _too_many(points, [hit for hit, _ in counted if hit.points > 0])
    for hit, meaning in counted:
        if hit.points >= _ALONE:
            said = meaning.means if meaning else f"SpamAssassin says: {hit.words or 'nothing more'}."
            fix = meaning.fix if meaning else "Look for what it means, and word it another way."
            yield advice(_WHOLE, f"{said} SpamAssassin gives {hit.points:g} points for it ({hit.name}).", fix)


def _too_many(points: float, hits: list[Hit]) -> Finding:
    listed = ", ".join(f"{hit.name} {hit.points:g}" for hit in sorted(hits, key=lambda hit: -hit.points)[:6])
    harm = f"SpamAssassin gives the mail {points:g} points ({listed}); from {_SPAM:g} on, mail servers treat it as spam."
    tell = error if points >= _SPAM else warning
    return tell(_WHOLE, harm, "Change what costs most points, and check again.")


def _meaning(name: str, meanings: tuple[Meaning, ...]) -> Meaning | None:
    """What a rule means: the entry with its very name, else the first whose pattern fits; a practice's own go first."""
    latest = meanings[::-1]
    exact = next((meaning for meaning in latest if name in meaning.rules), None)
    return exact or next((m for m in meanings if any("*" in pattern and fnmatchcase(name, pattern) for pattern in m.rules)), None)


def _hits(program: Path, content: bytes) -> list[Hit] | None:
    """What the program says, from memory where it was asked about the same mail before; None where it gives no answer."""
    folder = cache_folder("spamassassin")
    stamp = f"{program}|{program.stat().st_mtime_ns}|{_SETTINGS}".encode()
    name = hashlib.sha256(stamp + _CHANGES.sub(b"", content)).hexdigest()[:32]
    kept = folder / f"{name}.json" if folder else None
    try:
        if kept and time.time() - kept.stat().st_mtime < _KEPT:
            return [Hit(*hit) for hit in json.loads(kept.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        pass
    found = _ask(program, content)
    if kept and found is not None:
        _remember(kept, found)
    return found


def _remember(kept: Path, found: list[Hit]) -> None:
    """Keeps an answer, and drops those that are old; points and names of rules, and nothing of the mail."""
    try:
        for old in kept.parent.glob("*.json"):
            if time.time() - old.stat().st_mtime > _KEPT:
                old.unlink()
        kept.write_text(json.dumps([[hit.name, hit.points, hit.words] for hit in found]), encoding="utf-8")
    except OSError:
        pass


def _ask(program: Path, content: bytes) -> list[Hit] | None:
    """Runs the program on a mail, with a home folder of its own, in which it can learn and leave nothing."""
    command = [str(program), "--local", "--nocreate-prefs", "--prefspath", os.devnull, *(f"--cf={line}" for line in _SETTINGS)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            done = subprocess.run(  # noqa: S603  # the program that the practice installed; the mail is its input
                command, input=content, capture_output=True, env={**os.environ, "HOME": home}, timeout=_PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if done.returncode:
        return None
    return hits_in(done.stdout.decode("utf-8", "replace"))


def hits_in(answer: str) -> list[Hit] | None:
    """The rules in SpamAssassin's answer: a mail with a header X-Spam-Report; None where there is none."""
    head = re.split(r"\r?\n\r?\n", answer, maxsplit=1)[0].splitlines()
    begin = next((number for number, line in enumerate(head) if line.startswith("X-Spam-Report:")), None)
    if begin is None:
        return None
    found: list[Hit] = []
    for line in [head[begin].removeprefix("X-Spam-Report:"), *head[begin + 1 :]]:
        if line[:1] not in ("\t", " ", ""):
            break
        if hit := _HIT.match(line):
            found.append(Hit(hit[2], float(hit[1]), hit[3].strip()))
        elif (more := _MORE.match(line)) and found:
            found[-1] = Hit(found[-1].name, found[-1].points, f"{found[-1].words} {more[1]}".strip())
    return found


@details("S01")
def known_rules() -> Iterator[str]:
    """What each rule means."""
    for meaning in facts.entries(Meaning, "spamassassin"):
        yield f"{', '.join(meaning.rules)}: {meaning.means} {meaning.fix} ({meaning.source}, {meaning.as_of})"
