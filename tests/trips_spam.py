"""Mails of which SpamAssassin, or a program that stands in for it, says much or little."""

from __future__ import annotations

import os
from pathlib import Path

from check_desk import Desk, near, trips

from newsletter.check.evidence import Evidence


def answering(folder: Path, report: str, *, first: str = "") -> None:
    """Puts a program on the PATH that answers as SpamAssassin does, with this report; `first` is what it does before."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    (place / "report").write_text(f"X-Spam-Level: \nX-Spam-Report: \n{report}Subject: Small breaks\n\nHello\n")
    program = place / "spamassassin"
    program.write_text(f"#!/bin/sh\n{first}\ncat > /dev/null\ncat '{place / 'report'}'\n")
    program.chmod(0o755)
    os.environ["PATH"] = f"{place}{os.pathsep}{os.environ['PATH']}"


def hits(*named: tuple[float, str, str]) -> str:
    """A report as SpamAssassin writes it."""
    return "".join(f"\t* {points:4.1f} {name} {words}\n" for points, name, words in named)


@trips("S01")
def taken_for_spam(desk: Desk) -> Evidence:
    answering(desk.folder, hits((2.8, "DRUG_ED_CAPS", "BODY: Mentions an E.D. drug"), (2.6, "FUZZY_XY", "A new rule")))
    return desk.evidence()


@trips("S01")
def nearly_taken_for_spam(desk: Desk) -> Evidence:
    answering(desk.folder, hits(*((0.6, f"SMALL_{letter}", "Small") for letter in "ABCDE")))
    return desk.evidence()


@trips("S01")
def one_rule_that_tells_something(desk: Desk) -> Evidence:
    answering(desk.folder, hits((1.6, "SUBJ_ALL_CAPS", "Subject is all capitals"), (-1.0, "MAILING_LIST_MULTI", "A list")))
    return desk.evidence()


@trips("S01")
def program_that_is_broken(desk: Desk) -> Evidence:
    answering(desk.folder, "", first="exit 1")
    return desk.evidence()


@near("S01")
def small_things(desk: Desk) -> Evidence:
    answering(desk.folder, hits((0.7, "DIET_1", "BODY: Lose Weight Spam"), (0.0, "HTML_MESSAGE", "HTML"), (0.9, "PLING", "!")))
    return desk.evidence()


@near("S01")
def not_sent_yet(desk: Desk) -> Evidence:
    """Rules about a mail's way, which a mail that was not sent cannot pass, do not count."""
    answering(
        desk.folder, hits((2.9, "NO_RELAYS", "Not relayed"), (2.2, "NO_RECEIVED", "No Received"), (3.1, "BAYES_99", "Learnt"))
    )
    return desk.evidence()
