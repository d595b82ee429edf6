"""Holds who came back: a mailing beside the practice's next export, and what such a comparison cannot know."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desks import SLUG, Desk, desk_at
from hypothesis import given
from hypothesis import strategies as st
from samples import make_practice_folder
from typing_commands import QuickDesk

from newsletter.ledger.bounces import Bounce, Bounces, Weight
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.listen.results import Group, Person, compare

AGO = 60  # days since the mailing
TODAY = datetime.now(ZoneInfo("America/Denver")).date()
MAILED = TODAY - timedelta(days=AGO)
LONG_AGO, LATELY, SINCE = (f"{MAILED + timedelta(days=days)}" for days in (-400, -20, 30))
HEAD = "First Name,Last Name,Email,Last Visit"
LIST = f"""\
email,first_name,last_name,status,last_visit
anna@mail.example,Anna,Petrov,,{LONG_AGO}
ben@post.example,Ben,Cole,,{LONG_AGO}
cara@mail.example,Cara,Diaz,,{LATELY}
dan@post.example,Dan,Wells,,
eve@inbox.example,Eve,Ito,,{SINCE}
"""


@pytest.fixture(scope="module")
def sent_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A practice whose issue was sent so many days ago."""
    with desk_at(make_practice_folder(tmp_path_factory.mktemp("sent") / "practice")) as desk:
        (desk.folder / "subscribers.csv").write_text(LIST, encoding="utf-8")
        assert desk.send().code == 0
        ledger = Ledger.open(ledger_file(desk.folder))
        with ledger.transaction():
            ledger.change("UPDATE recipient SET dot_at = dot_at - ?", AGO * 86_400)
        ledger.close()
        yield QuickDesk(desk.folder, desk.server)


@pytest.fixture
def sent(sent_once: Desk) -> Desk:
    """The same, with its list as it was."""
    (sent_once.folder / "subscribers.csv").write_text(LIST, encoding="utf-8")
    return sent_once


def export(desk: Desk, *rows: str, name: str = "next.csv", head: str = HEAD) -> str:
    """An export of the practice system."""
    path = desk.folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(path)


def stored(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder, but for what SQLite keeps while it reads."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "sqlite-" not in path.name}


NEXT = (
    f"Anna,Petrov,ANNA@mail.example,{SINCE}",
    f"Benjamin,Cole,ben@post.example,{LONG_AGO}",
    f"Cara,Diaz,cara@mail.example,{SINCE}",
    f"Dan,Wells,dan@post.example,{SINCE}",
    f"Fay,New,fay@mail.example,{SINCE}",
)


def test_who_came_back(sent: Desk) -> None:
    """Of those who were inactive when mailed, as the list knew, one has a visit since; the others are counted apart."""
    done = sent("results", SLUG, "--export", export(sent, *NEXT))
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert ["inactive", "for", "6", "months", "2", "1", "0"] in lines
    assert ["seen", "within", "that", "time", "1", "1", "0"] in lines
    assert ["no", "earlier", "visit", "known", "2", "2", "0"] in lines  # of Eve the list knows only a visit after the mail
    assert ["all", "at", "the", "mailed", "addresses", "5", "4", "0"] in lines
    said = " ".join(done.out.split())
    assert "does not prove that the mail brought them" in said
    assert "No earlier visit is known of 2 people" in said
    assert "@" not in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines() if str(sent.folder) not in line)


def test_an_export_from_before_says_who_was_inactive(sent: Desk) -> None:
    """--before fills in what the list did not keep, and --months says how long inactive is; JSON has the same numbers."""
    without = "\n".join(line.rpartition(",")[0] for line in LIST.splitlines())
    (sent.folder / "subscribers.csv").write_text(without, encoding="utf-8")
    earlier = export(sent, f"Dan,Wells,dan@post.example,{LATELY}", f"Bob,Cole,ben@post.example,{LONG_AGO}", name="earlier.csv")
    words = ("results", SLUG, "--export", export(sent, *NEXT), "--before", earlier, "--json")
    usual = sent(*words).object
    assert usual["mailed"] == 5
    assert usual["people"]["inactive"] == {"count": 1, "came": 0, "not_in_export": 0}
    assert usual["people"]["active"] == {"count": 1, "came": 1, "not_in_export": 0}
    assert (usual["latest_visit"], usual["first_mail"]) == (SINCE, MAILED.isoformat())
    eager = sent(*words, "--months", "24").object
    assert eager["people"]["inactive"]["count"] == 0
    assert eager["people"]["active"]["count"] == 2


def test_an_export_of_recent_visitors_alone_does_not_flatter(sent: Desk) -> None:
    """Who was inactive and is not in the export still counts as inactive and mailed, not as somebody who came."""
    words = ("results", SLUG, "--export", export(sent, NEXT[0]))
    assert sent(*words, "--json").object["people"]["inactive"] == {"count": 2, "came": 1, "not_in_export": 1}
    assert "Of 3 people not in the export nobody knows here whether they came." in " ".join(sent(*words).out.split())


def test_an_appointment_is_no_visit(sent: Desk) -> None:
    """A day that is still to come says that somebody means to come back, not that they did."""
    rows = (f"Anna,Petrov,anna@mail.example,{TODAY + timedelta(days=9)}", f"Dan,Wells,dan@post.example,{SINCE}")
    told = sent("results", SLUG, "--export", export(sent, *rows), "--json").object
    assert told["people"]["inactive"]["came"] == 0
    assert told["latest_visit"] == SINCE


def test_a_table_only_if_asked_for(sent: Desk) -> None:
    """--csv writes one row a person, for the owner alone, and no cell that a spreadsheet would run; nothing else is stored."""
    path = sent.folder / "came.csv"
    rows = export(sent, f"=Anna,Petrov,anna@mail.example,{SINCE}")
    before = stored(sent.folder)
    assert sent("results", SLUG, "--export", rows).code == 0
    assert stored(sent.folder) == before
    done = sent("results", SLUG, "--export", rows, "--csv", str(path))
    assert done.code == 0, done.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8", newline="") as stream:
        table = {row["email"]: row for row in csv.DictReader(stream)}
    anna = table["anna@mail.example"]
    assert (anna["mailed"], anna["last_visit_before"], anna["visit_since"]) == (MAILED.isoformat(), LONG_AGO, SINCE)
    assert anna["first_name"].startswith("'=")
    assert (anna["group"], anna["in_export"]) == ("inactive", "yes")
    assert table["cara@mail.example"]["in_export"] == "no"


def test_of_several_visits_the_latest_counts(sent: Desk) -> None:
    """An export with a row for each visit: whatever their order, the last one before and the last one since are found."""
    for visits in ((LONG_AGO, SINCE, LATELY), (SINCE, LATELY, LONG_AGO), (LATELY, LONG_AGO, SINCE)):
        rows = (f"Dan,Wells,dan@post.example,{visit}" for visit in visits)
        told = sent("results", SLUG, "--export", export(sent, *rows), "--json").object
        assert told["people"]["active"] == {"count": 2, "came": 1, "not_in_export": 1}
        assert (told["latest_visit"], told["rows_not_used"]) == (SINCE, 0)


def test_a_name_may_be_written_in_another_way(sent: Desk) -> None:
    """Of two people at one address each is found again, with a title, an initial or in capitals."""
    (sent.folder / "subscribers.csv").write_text(LIST + f"dan@post.example,José,Wells,,{LONG_AGO}\n", encoding="utf-8")
    rows = (f"Dan,Wells,dan@post.example,{LATELY}", f"JOSE M.,Wells,dan@post.example,{SINCE}")
    told = sent("results", SLUG, "--export", export(sent, *rows), "--json").object
    assert told["people"]["all"]["count"] == 6
    assert told["people"]["inactive"] == {"count": 3, "came": 1, "not_in_export": 2}


def test_a_table_takes_the_place_of_nothing_that_is_needed(sent: Desk) -> None:
    """Neither the list nor the export is overwritten by a table, under whatever name it is given."""
    rows = export(sent, *NEXT)
    for words in (("results", SLUG, "--export", rows), ("status", SLUG)):
        done = sent(*words, "--csv", str(sent.folder / "issues" / ".." / "subscribers.csv"))
        assert done.code == 1
        assert "still needed and was not overwritten" in done.err
    assert sent("results", SLUG, "--export", rows, "--csv", rows).code == 1
    assert (sent.folder / "subscribers.csv").read_text(encoding="utf-8") == LIST
    assert Path(rows).read_text(encoding="utf-8").startswith(HEAD)


def test_what_cannot_be_compared(sent: Desk, practice_folder: Path) -> None:
    """No visits in the export, an export of before the mailing, an issue that nobody got: each is a sentence with a next step."""
    unsent = QuickDesk(practice_folder, sent.server)
    assert "Nothing was sent yet" in unsent("results", SLUG, "--export", export(sent, *NEXT)).err
    none = sent("results", SLUG, "--export", export(sent, "Anna,anna@mail.example", head="First Name,Email"))
    assert none.code == 1
    assert "next.csv: no column holds the day of the last visit (the titles are: First Name, Email)" in none.err
    early = sent("results", SLUG, "--export", export(sent, f"Anna,Petrov,anna@mail.example,{LATELY}"))
    assert early.code == 0
    assert "too early to compare" in early.out
    assert "Next: export the list again" in early.out
    assert sent("results", "nowhere", "--export", export(sent, *NEXT)).code == 1


def test_status_counts_what_came_back(sent: Desk) -> None:
    """Mails that came back after they were sent are counted by person, and the table for spreadsheets stays as it was."""
    assert "came back" not in sent("status", SLUG).out
    ledger = Ledger.open(ledger_file(sent.folder))
    with ledger.transaction():
        for event, address in enumerate(("ben@post.example", "ben@post.example", "cara@mail.example")):
            Bounces(ledger).note(Bounce(str(event), address, Weight.SOFT, "4.2.2", SLUG, 1.0), "inbox")
    ledger.close()
    assert "came back        2  bounced" in sent("status", SLUG).out
    path = sent.folder / "status.csv"
    assert sent("status", SLUG, "--csv", str(path)).code == 0
    assert path.read_text(encoding="utf-8").splitlines()[0] == "email,status,code,reply,message_id,at"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("visits", "group", "came"),
    [
        ([date(2026, 5, 30)], Group.ACTIVE, False),
        ([date(2026, 5, 29)], Group.INACTIVE, False),
        ([date(2026, 11, 30)], Group.ACTIVE, False),  # on the day of the mail
        ([date(2026, 5, 29), date(2026, 12, 1)], Group.INACTIVE, True),
        ([date(2026, 12, 1)], Group.UNKNOWN, True),
        ([], Group.UNKNOWN, False),
    ],
)
def test_the_day_that_decides(visits: list[date], group: Group, *, came: bool) -> None:
    """Six months before the 30th of November is the 30th of May; whoever came on the day of the mail came before it."""
    mail = {"anna@mail.example": date(2026, 11, 30)}
    (reader,) = compare(mail, {}, {"anna@mail.example": {"anna": Person("Anna", "", set(visits))}}, 6)
    assert (reader.group, reader.since is not None) == (group, came)


NAMES = st.dictionaries(
    st.sampled_from(["", "anna", "ben", "mia"]),
    st.builds(Person, days=st.sets(st.dates(date(2026, 1, 1), date(2027, 1, 1)), max_size=2)),
    max_size=3,
)


@given(NAMES, NAMES, st.dates(date(2026, 2, 1), date(2026, 12, 31)))
def test_everybody_at_a_mailed_address_is_counted_once(earlier: dict[str, Person], later: dict[str, Person], day: date) -> None:
    """Whoever the list and the export name: no visit is made up, nobody in the export is missing, nobody else is in it."""
    readers = list(
        compare({"a@mail.example": day, "b@mail.example": day}, {"a@mail.example": earlier}, {"a@mail.example": later}, 6)
    )
    visits = {visit for person in (*earlier.values(), *later.values()) for visit in person.days}
    assert sum(reader.exported for reader in readers) == len(later)
    assert {reader.email for reader in readers} == {"a@mail.example", "b@mail.example"}
    for reader in readers:
        assert {reader.before, reader.since} <= visits | {None}
        assert reader.before is None or reader.before <= day
        assert reader.since is None or reader.since > day
