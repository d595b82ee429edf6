"""Whether a sentence about research says which: sources in the issue, a link beside it, or a year or journal in it."""

from __future__ import annotations

import re

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.statements import Statement
from newsletter.check.words import assertion
from newsletter.check.words.stems import Sentence, grammar
from newsletter.read.yaml_file import Node

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def identified(mails: Mails, statement: Statement, sentence: Sentence) -> bool:
    """Whether a reader can find the research that a sentence rests on."""
    if _YEAR.search(statement.text) or assertion.has(sentence, "journals", mails.language):
        return True
    if assertion.has(sentence, "institutions", mails.language) and not assertion.has(sentence, "unnamed works", mails.language):
        return True
    if isinstance(mails, Evidence):
        return bool(mails.issue.text.sources) or _linked(mails.issue.document.root, statement.path)
    return any(other.text.rstrip(":").lower() in _headings(mails.language) for other in mails.statements)


def of_a_study(sentence: Sentence, language: str) -> bool:
    """Whether it tells what a study found, and not what happens in the practice."""
    return assertion.has(sentence, "studies", language)


def _linked(root: Node, path: tuple[str | int, ...]) -> bool:
    """Whether the text at a path has a link in it."""
    return any(where == path and "http" in str(node.value) for where, node in root.strings())


def _headings(language: str) -> frozenset[str]:
    """What the list of sources can be called in a mail that somebody else made."""
    return frozenset(grammar("source headings", language))
