"""The wordings that a rule goes by, those that a practice adds in its folder included, each of them readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.words.phrases import Phrase
from newsletter.errors import did_you_mean

Shape = TypeVar("Shape")
_KINDS = ("of", "about")  # keys that take only what the file that comes with the tool has there
_PHRASES = ("phrases", "unless")


def wordings(mails: Mails, shape: type[Shape], name: str) -> tuple[Shape, ...]:
    """The entries of `data/NAME.en.yaml` in the mail's language, the practice's own last.

    Raises ProblemsFound for an own entry of a kind that there is not, or with a phrase whose brackets do not match.
    """
    shipped = facts.entries(shape, name, language=mails.language)
    if not isinstance(mails, Evidence):
        return shipped
    folder = mails.practice.folder
    found = facts.entries(shape, name, folder, mails.language)
    for entry in found[len(shipped) :]:
        _check(entry, shipped, name, folder, mails.language)
    return found


def _check(entry: object, shipped: tuple[object, ...], name: str, folder: Path, language: str) -> None:
    for key in _KINDS:
        known = {value for one in shipped for value in _values(one, key)}
        for value in _values(entry, key):
            if value not in known:
                problem = f'`{key}` cannot be "{value}".'
                raise facts.problem(
                    folder, name, problem, did_you_mean(value, known) or f"Write one of {', '.join(sorted(known))}."
                )
    for written in (written for key in _PHRASES for written in _values(entry, key)):
        try:
            Phrase.of(written, language)
        except ValueError:
            problem = f'the brackets of the phrase "{written}" do not match.'
            raise facts.problem(folder, name, problem, "Close each ( with a ).") from None


def _values(entry: object, key: str) -> Iterator[str]:
    """The texts of a key, which an entry of another shape may not have."""
    value = getattr(entry, key, ())
    yield from [value] if isinstance(value, str) else value
