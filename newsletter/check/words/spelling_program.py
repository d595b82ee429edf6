"""Asks an installed spelling program (codespell, else hunspell) about words, each once, and tells only of sure slips."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from newsletter.read.own_cache import cache_folder

_PATIENCE = 1  # seconds; a newsletter takes a tenth of one
_SHORTEST = 5  # letters: shorter words have too many neighbors
_MOST_MENDED = 10  # words that are looked at more closely
_MOST_KEPT = 20_000  # words


def is_installed() -> bool:
    """Whether there is a program to ask."""
    return _program() is not None


def _program() -> str | None:
    return shutil.which("codespell") or shutil.which("hunspell")


def slips(words: Collection[str]) -> dict[str, str]:
    """Those of the words (lower case) that an installed program takes for a slip of the pen, and what each should be."""
    program = _program()
    asked = sorted({word for word in words if len(word) >= _SHORTEST})
    if not program or not asked:
        return {}
    kept = _memory(Path(program))
    known = _remembered(kept)
    if new := [word for word in asked if word not in known]:
        found = _ask(program, new)
        if found is None:
            return {}
        known |= {word: found.get(word, "") for word in new}
        _remember(kept, known)
    return {word: known[word] for word in asked if known[word]}


def _ask(program: str, words: list[str]) -> dict[str, str] | None:
    """The program's slips among the words; None where it gives no answer in time."""
    if Path(program).stem == "codespell":
        said = _run([program, "--builtin", "clear", "-"], words, fine=(0, 65))  # 65: some are slips
        return None if said is None else dict(re.findall(r"^\t(\w+) ==> (\w+)$", said, re.MULTILINE))
    hunspell = [program, "-d", "en_US", "-i", "utf-8"]
    unknown = _run([*hunspell, "-l"], words)
    if unknown is None:
        return None
    near = {word: sure_slips(word) for word in unknown.split()[:_MOST_MENDED]}
    right = _run([*hunspell, "-G"], sorted(set().union(*near.values()))) if near else ""
    if right is None:
        return None
    real = frozenset(right.split())
    return {word: (others & real).pop() for word, others in near.items() if len(others & real) == 1}


def sure_slips(word: str) -> set[str]:
    """What a word may stand for where two letters were swapped, or one doubled that should not be, or the other way round.

    A dictionary lacks many right words, above all of medicine; other slips would make "flayer" of "flyer".
    """
    pairs = [(word[:at], word[at:]) for at in range(1, len(word))]  # the first letter is seldom wrong
    swapped = {before + after[1] + after[0] + after[2:] for before, after in pairs if len(after) > 1}
    doubled = {before + before[-1] + after for before, after in pairs}
    halved = {before + after[1:] for before, after in pairs if before[-1] == after[0]}
    british = {word.replace("ll", "l"), word.replace("mme", "m"), word.replace("tre", "ter")}  # travelled, programme, centre
    return (swapped | doubled | halved) - {word} - british


def _run(command: list[str], words: list[str], fine: tuple[int, ...] = (0,)) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  # a program of the system's; the words are its input, not its arguments
            command,
            input="\n".join(words) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode in fine else None


def _memory(program: Path) -> Path | None:
    """The file of what a program said; another version has another file."""
    folder = cache_folder("spelling")
    try:
        return folder / f"{program.stem}-{program.stat().st_mtime_ns}.json" if folder else None
    except OSError:
        return None


def _remembered(kept: Path | None) -> dict[str, str]:
    try:
        found = json.loads(kept.read_text(encoding="utf-8")) if kept else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and len(found) < _MOST_KEPT else {}


def _remember(kept: Path | None, known: dict[str, str]) -> None:
    try:
        if kept:
            kept.write_text(json.dumps(known), encoding="utf-8")
    except OSError:
        pass
