"""SpamAssassin, the real one where it is installed and programs that stand in for it: what is asked, kept and told."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from check_desk import Desk, spoilt, with_value
from hypothesis import given
from hypothesis import strategies as st
from trips_spam import answering, hits

from newsletter.check import facts, preflight
from newsletter.check.evidence import Evidence
from newsletter.check.finding import Finding
from newsletter.check.message import spam_filter
from newsletter.check.message.spam_filter import Meaning, hits_in

LOUD = "Subject", "MAKE $$$ MONEY FAST, BUY VIAGRA AND CIALIS ONLINE!!!"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


def told(evidence: Evidence) -> list[Finding]:
    """What the rule says."""
    return list(preflight.run(evidence, ["S01"]).findings)


@pytest.fixture
def real(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program as it is installed here; without it the test is skipped."""
    if shutil.which("spamassassin", path=installed) is None:
        pytest.skip("spamassassin is not installed")
    monkeypatch.setenv("PATH", installed)


@pytest.mark.usefixtures("real")
def test_the_real_one_has_nothing_against_a_plain_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It runs without a trace in the user's folders, and is not asked twice about the same letter on another day."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    evidence = desk.evidence()
    assert told(evidence) == []
    assert not list(home.iterdir())
    begun = time.monotonic()
    assert told(spoilt(evidence, with_value("Date", "Wed, 02 Dec 2026 09:00:00 +0000"))) == []
    assert time.monotonic() - begun < 0.5


@pytest.mark.usefixtures("real")
def test_the_real_one_tells_a_loud_subject(desk: Desk) -> None:
    """The points are added up, and single rules are told in words that a receptionist knows."""
    first, *others = told(spoilt(desk.evidence(), with_value(*LOUD)))
    assert "points" in first.harm
    assert any("sexual advertising" in finding.harm or "drug stores" in finding.harm for finding in others)


def test_it_is_skipped_and_counted_where_it_is_not_installed(desk: Desk) -> None:
    """Nobody is told that a check passed which did not run."""
    report = preflight.run(desk.evidence(), ["S01"])
    assert (report.passed, report.skipped) == (0, {"tool": 1})


@pytest.mark.parametrize("first", ["exit 1", "exit 0", "echo hello; exit 0"])
def test_a_broken_program_is_said_to_be_broken(desk: Desk, first: str) -> None:
    """A program that fails or says nothing is no all-clear."""
    answering(desk.folder, "", first=first)
    (finding,) = told(desk.evidence())
    assert "gave no answer" in finding.harm


def test_a_program_that_hangs_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time the check goes on without it."""
    monkeypatch.setattr(spam_filter, "_PATIENCE", 0.5)
    answering(desk.folder, "", first="sleep 60")
    begun = time.monotonic()
    (finding,) = told(desk.evidence())
    assert "gave no answer" in finding.harm
    assert time.monotonic() - begun < 10


def test_the_same_mail_is_asked_about_once(desk: Desk) -> None:
    """The answer is kept; a changed mail is asked about anew."""
    log = desk.folder / "log"
    answering(desk.folder, hits((1.6, "SUBJ_ALL_CAPS", "Subject is all capitals")), first=f"echo asked >> '{log}'")
    evidence = desk.evidence()
    assert told(evidence) == told(evidence) != []
    assert log.read_text() == "asked\n"
    told(spoilt(evidence, with_value("Subject", "Another")))
    assert log.read_text() == "asked\nasked\n"


def test_every_rule_is_told_in_words(desk: Desk) -> None:
    """One that our list does not hold is told with SpamAssassin's own words, joined where they break."""
    report = "\t*  1.2 NEW_RULE_42 BODY: Something that is\n\t*      new to us\n" + hits(
        (1.5, "DATE_IN_PAST_96_XX", "Date: is old")
    )
    answering(desk.folder, report)
    new, known = sorted(told(desk.evidence()), key=lambda finding: "NEW" not in finding.harm)
    assert "Something that is new to us" in new.harm
    assert "The date of the mail is wrong." in known.harm
    assert "clock" in known.fix


def test_a_practice_can_add_a_rule(desk: Desk) -> None:
    """An entry of its own goes before ours."""
    (desk.folder / "rules").mkdir()
    entry = "entries:\n  - {rules: [SUBJ_BUY], means: Our subject sells., fix: Let it tell.}\n"
    (desk.folder / "rules" / "spamassassin.yaml").write_text(entry)
    answering(desk.folder, hits((1.5, "SUBJ_BUY", "Subject begins with buy")))
    (finding,) = told(desk.evidence())
    assert finding.fix == "Let it tell."


def test_the_list_is_sound() -> None:
    """Every entry is a sentence with one thing to do, and no rule is named twice."""
    listed = facts.entries(Meaning, "spamassassin")
    names = [name for meaning in listed for name in meaning.rules]
    assert len(names) == len(set(names))
    assert all(meaning.means.endswith(".") and meaning.fix.endswith(".") and meaning.source for meaning in listed)


@given(st.text(alphabet="\t *-.01ABX_:\r\nXSpamReport ", max_size=400))
def test_any_answer_can_be_read(answer: str) -> None:
    """Whatever a program prints, reading it does not fail."""
    assert hits_in(answer) is None or isinstance(hits_in("X-Spam-Report:" + answer), list)


def test_a_mail_of_many_megabytes_is_not_asked_about(desk: Desk) -> None:
    """A server's filter would not look at it either."""
    answering(desk.folder, hits((9.0, "BIG", "Big")))
    evidence = desk.evidence()
    large = replace(evidence.samples[0], content=evidence.samples[0].content + b"x" * 2_000_000)
    assert told(replace(evidence, samples=(large, *evidence.samples[1:]))) == []
