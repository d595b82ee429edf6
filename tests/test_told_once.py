"""One fault is told once, with what stands there quoted as it stands and a fix that can be done there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from check_desk import ISSUE, Desk
from PIL import Image

from newsletter.check import preflight
from newsletter.check.finding import Finding


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A practice with nothing wrong in it."""
    return Desk.at(tmp_path / "practice")


def article(text: str) -> str:
    """The clean issue with one more article."""
    return f"{ISSUE}  - heading: Our news\n    text: {text}\n"


def told(desk: Desk, *rules: str, now: datetime | None = None) -> list[Finding]:
    """What these rules say of the desk's issue."""
    return list(preflight.run(desk.evidence(now=now) if now else desk.evidence(), list(rules)).findings)


def test_own_computer_is_told_as_a_placeholder_only(desk: Desk) -> None:
    """A link to localhost is one fault, not also a page without encryption."""
    desk.issue(article("See [our map](http://localhost:8000/map) for the way."))
    assert [finding.id for finding in told(desk, "M15", "H13")] == ["M15"]


def test_one_heavy_picture_is_told_once(desk: Desk) -> None:
    """The sum of the pictures is no second fault where mending the heavy one mends it."""
    Image.effect_noise((1300, 1300), 90).save(desk.folder / "images" / "crowd.png")
    desk.issue(ISSUE + "  - {type: image, image: images/crowd.png, alt: A crowd., credit: Riverbend Chiropractic}\n")
    assert len(told(desk, "H07")) == 1


def test_a_wrong_year_does_not_make_every_day_wrong(desk: Desk) -> None:
    """Where the issue's own date has the wrong year, the days of the week in it are judged by today."""
    desk.issue(article("We are closed on Friday, December 25.").replace("2026-12-01", "2025-12-01"))
    assert [finding.harm[:19] for finding in told(desk, "K17", now=datetime(2026, 11, 22, tzinfo=UTC))] == ["The issue is dated "]


def test_broken_letters_are_told_once(desk: Desk) -> None:
    """A text copied with the wrong letters has dozens of them; the first shows where."""
    desk.issue(article("Don\u00e2\u20ac\u2122t wait, it\u00e2\u20ac\u2122s caf\u00c3\u00a9 time."))
    assert len({finding.harm for finding in told(desk, "M15")}) == 1


def test_shouting_is_quoted_as_it_stands(desk: Desk) -> None:
    """A quotation that lost its signs cannot be found in the file."""
    desk.issue(ISSUE.replace("'{{ first_name or \"Hello\" }}, small breaks help'", '"STIFF? DON\'T WAIT!!!"'))
    harms = " ".join(finding.harm for finding in told(desk, "M12"))
    assert '"STIFF? DON\'T WAIT"' in harms
    assert '"!!!"' in harms


@pytest.mark.parametrize(("country", "spoken"), [("US", "the US"), ("United Kingdom", "the UK"), ("Canada", "Canada")])
def test_countries_are_named_as_in_a_sentence(desk: Desk, country: str, spoken: str) -> None:
    """`not the emergency number in US` is no English."""
    desk.in_practice("country: US", f"country: {country}").issue(
        article("Call 000 or go to the emergency room if you cannot walk.")
    )
    assert [f"number in {spoken}:" in finding.harm for finding in told(desk, "K10")] == [True]


def test_fix_of_an_offer_in_an_article_names_no_key_of_an_offer(desk: Desk) -> None:
    """An article has no `legal:`."""
    desk.issue(article("Call us for a free consultation."))
    assert [finding.fix.split(":")[0] for finding in told(desk, "K07")] == ["Write beside it"]


def test_statement_in_small_letters_is_not_called_missing(desk: Desk) -> None:
    """Florida wants capital letters; whoever wrote the words wants to hear just that."""
    said = (
        "The patient has the right to refuse to pay, cancel payment or be reimbursed for any other service within 72 hours. "
        "New guests only. Ends December 31."
    )
    block = f"  - type: offer\n    heading: A gift\n    text: $20 off a massage.\n    legal: {said}\n"
    desk.in_practice("state: UT", "state: FL").issue(ISSUE + block)
    assert ["not in capital letters" in finding.harm for finding in told(desk, "K07")] == [True]


def test_preheader_that_is_missing_is_shown_in_whole_words(desk: Desk) -> None:
    """What the inbox shows instead is not cut in the middle of a word."""
    lines = [line for line in ISSUE.splitlines(keepends=True) if not line.startswith("preheader:")]
    desk.issue("".join(lines))
    harm = " ".join(finding.harm for finding in told(desk, "H09"))
    assert ' ..." behind the subject' in harm
