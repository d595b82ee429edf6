"""Holds that a mail goes to those who were asked for: by tag, and by when they were last at the practice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desks import SLUG, Desk

from newsletter.errors import Missing
from newsletter.read.audience import Asking, Audience, months_before
from newsletter.read.locale import Locale
from newsletter.read.subscribers import Subscriber, SubscriberList

TODAY = date(2026, 12, 31)


def asked(folder: Path, text: str, months: int, tag: str | None = None, country: str = "US") -> list[str]:
    """The first letters of those who are asked for."""
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    found = SubscriberList(path, folder, Locale(country=country, today=TODAY))
    return [row.email[0] for row in found.rows(Audience(tag, months)) if isinstance(row, Subscriber)]


@pytest.mark.parametrize(
    "title",
    ["last_visit", "Last Visit", "Last Visit Date", "Last Appointment", "Last seen", "Última visita", "Última cita", "LastDOS"],
)
def test_the_last_visit_is_known_by_many_titles(tmp_path: Path, title: str) -> None:
    """Exports call it as they like."""
    assert asked(tmp_path, f"email,{title}\na@mail.example,2026-12-01\nb@mail.example,2025-12-01\n", 6) == ["a"]


@pytest.mark.parametrize(
    ("cell", "months", "is_asked"),
    [
        ("2026-06-30", 6, True), ("2026-06-29", 6, False), ("2026-12-31", 1, True), ("2027-01-01", 1, False),
        ("11/30/2026", 1, True), ("Nov 29, 2026", 1, False), ("2026-12-24 10:30", 1, True), ("", 1200, False),
        ("never", 1200, False), ("1999-01-01", 1200, True),
    ],
)  # fmt: skip
def test_within_some_months_counts_back_from_today(tmp_path: Path, cell: str, months: int, is_asked: bool) -> None:
    """The day itself counts; a month that is too short counts from its last day; what is no day, or is to come, does not."""
    assert asked(tmp_path, f'email,last_visit\na@mail.example,"{cell}"\n', months) == ["a"] * is_asked


def test_days_are_read_as_the_country_writes_them(tmp_path: Path) -> None:
    """8/12/2026 is in August in the US, and in December elsewhere."""
    text = "email,last_visit\na@mail.example,8/12/2026\n"
    assert asked(tmp_path, text, 1) == []
    assert asked(tmp_path, text, 1, country="GB") == ["a"]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)), (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)), (date(2026, 1, 1), 99_999, date.min),
    ],
)  # fmt: skip
def test_months_are_months_of_the_calendar(day: date, months: int, before: date) -> None:
    """Not thirty days each."""
    assert months_before(day, months) == before


def test_what_several_rows_say_of_a_person_counts_together(tmp_path: Path) -> None:
    """The tag may stand in one row of somebody and the visit in another, in whichever order; another's do not count."""
    rows = [
        "a@mail.example,Anna,vip,",
        "a@mail.example,anna,,2026-12-01",
        "b@mail.example,Ben,vip,",
        "b@mail.example,Eve,,2026-12-01",
    ]
    for order in (rows, rows[::-1]):
        assert asked(tmp_path, "email,first_name,tags,last_visit\n" + "\n".join(order) + "\n", 6, "VIP") == ["a"]


def test_a_list_without_visits_says_how_to_keep_them(desk: Desk) -> None:
    """Nobody is mailed by a column that is not there, and the sentence names the command that keeps it."""
    done = desk("send", SLUG, "--dry-run", "--active-within", "6")
    assert done.code == 1
    assert 'newsletter subscribers import FILE --keep "Last visit"' in done.err
    with pytest.raises(Missing):
        Asking(Audience(active_within=6), ["email"], Locale())


def visits(desk: Desk, *days_ago: int | None) -> None:
    """A list of people who were there so many days ago."""
    today = datetime.now(ZoneInfo("America/Denver")).date()
    cells = ["" if days is None else (today - timedelta(days=days)).isoformat() for days in days_ago]
    rows = [f"p{number}@mail.example,P{number},vip,{cell}" for number, cell in enumerate(cells)]
    (desk.folder / "subscribers.csv").write_text("\n".join(["email,first_name,tags,Last Visit", *rows]) + "\n", encoding="utf-8")


def test_a_send_goes_to_those_who_were_there_lately_and_the_next_to_the_others(desk: Desk) -> None:
    """The plan says who is not asked for and why; asking for more people later mails those who have not got it."""
    visits(desk, 10, 100, 400, None)
    shown = desk("send", SLUG, "--dry-run", "--active-within", "2").out
    assert "Not asked        3  not among those you ask for" in shown
    assert "1  rows of the list have no last visit that can be read" in shown
    assert "--active-within 2 --rehearse" in shown
    done = desk.send("--active-within", "2", "--json").object
    assert (done["sent"], done["not_asked"], done["no_last_visit"]) == (1, 3, 1)
    assert desk.send("--active-within", "6").code == 0
    assert desk.status() == {"p0@mail.example": "sent", "p1@mail.example": "sent"}
    assert desk.send().code == 0
    assert len(desk.server.accepted) == len(desk.status()) == 4


def test_nobody_lately_says_so(desk: Desk) -> None:
    """With a tag or without, the sentence says what was asked for and what stands in the way."""
    visits(desk, 100, None)
    for more, who in (((), "Nobody on the list was"), (("--tag", "vip"), 'Nobody with the tag "vip" was')):
        done = desk("send", SLUG, "--dry-run", "--active-within", "1", *more)
        assert done.code == 1
        assert f"{who} at the practice in the last month; 1 rows have no last visit" in done.err


def test_asking_for_few_is_for_real_sends(desk: Desk) -> None:
    """A test mail goes to one address, so an audience beside it is a slip."""
    done = desk("send", SLUG, "--test", "me@riverbend.example", "--active-within", "6")
    assert (done.code, "--active-within" in done.err) == (2, True)
