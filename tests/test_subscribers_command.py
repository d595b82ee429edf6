"""Holds `newsletter subscribers list`, `add`, `remove` and `export`, run as they are typed."""

from __future__ import annotations

import csv
import json
import os
import pty
import stat
from pathlib import Path

import pytest
from desks import SLUG, Desk, ended
from typing_commands import Typist

from newsletter.ledger.journal import Journal
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Kind, Suppressions

LIST = (
    "email,first_name,last_name,tags,status,consent_source,consent_date,last_visit,nickname",
    "anna@mail.example,Anna,Reyes,Desk; yoga,active,form,2026-01-05,2026-11-01,=Ann",
    "anna@mail.example,Ben,Reyes,,,form,2026-01-05,2020-01-01,",
    "Cara@mail.example,Cara,Cole,desk,,,,,",
    "dan@mail.example,Dan,Voss,desk,unsubscribed,,,,",
    "eve@mail.example,Eve,Sand,,,,,,",
    "not an address,Gus,,,,,,,",
    "eve@mail.example,Eve,Sand,,,,,,",
)


@pytest.fixture
def typist(practice_folder: Path) -> Typist:
    """A practice with a short list, of whom one is suppressed."""
    made = Typist(practice_folder)
    made.write("subscribers.csv", *LIST)
    made.ok("suppress", "cara@mail.example", "--reason", "told us at the desk")
    return made


def mailed(typist: Typist, *options: str) -> list[str]:
    """First names of those who would be mailed."""
    return [row["first_name"] for row in json.loads(typist.ok("subscribers", "list", "--json", *options))]


def journal(folder: Path) -> list[tuple[str, str, str]]:
    """Who, what and source of each line of the journal."""
    ledger = Ledger.reading(ledger_file(folder))
    assert ledger
    found = [(line.who, line.what, line.source) for line in Journal(ledger).all()]
    ledger.close()
    return found


def suppress(folder: Path, address: str, kind: Kind) -> None:
    """A suppression of some kind."""
    ledger = Ledger.open(ledger_file(folder))
    Suppressions(ledger).add([address], "a reason", 1.0, kind)
    ledger.close()


def test_the_list_shows_who_would_be_mailed(typist: Typist) -> None:
    """A line for each person with the whole address, and how many others there are and how to see why."""
    said = typist.ok("subscribers", "list")
    assert "  anna@mail.example  Anna Reyes  desk, yoga" in said
    assert "cara" not in said.lower()
    assert "3 people at 2 addresses would be mailed." in said
    assert "4 rows would not; why: newsletter" in said


def test_the_list_of_all_says_why_others_are_not(typist: Typist) -> None:
    """Suppressed, status, no address, a second time: each row with its line and reason."""
    said = typist.ok("subscribers", "list", "--all")
    for reason in (
        "line 4  Cara@mail.example  Cara Cole\n      asked: told us at the desk",
        'line 5  dan@mail.example  Dan Voss\n      the status is "unsubscribed".',
        "line 7  not an address  Gus\n",
        "line 8  eve@mail.example  Eve Sand\n      the same person stands in line 6 already.",
    ):
        assert reason in said
    rows = json.loads(typist.ok("subscribers", "list", "--all", "--json"))
    assert [(row["line"], row["mailed"]) for row in rows] == [(line, line in (2, 3, 6)) for line in range(2, 9)]


def test_the_list_is_the_one_that_is_sent_to(desk: Desk) -> None:
    """Whom `list` shows a dry run plans, and nobody else."""
    desk.write_list(
        "anna@mail.example,Anna,,", "ben@mail.example,Ben,,deceased", "ben@mail.example,Bea,,", "cara@mail.example,Cara,,"
    )
    typist = Typist(desk.folder)
    typist.ok("suppress", "cara@mail.example")
    listed = {row["email"] for row in json.loads(typist.ok("subscribers", "list", "--json"))}
    assert listed == {"anna@mail.example", "ben@mail.example"}
    assert json.loads(typist.ok("send", SLUG, "--dry-run", "--json"))["to_send"] == len(listed)


def test_the_list_of_a_tag_and_of_those_who_came_lately(typist: Typist) -> None:
    """Only who has the tag, in any spelling of case; only who was there within so many months."""
    assert mailed(typist, "--tag", "DESK") == ["Anna"]
    assert mailed(typist, "--active-within", "600") == ["Anna", "Ben"]
    missing = typist("subscribers", "list", "--tag", "yogaa")
    assert (missing.code, 'Did you mean "yoga"?' in missing.err) == (1, True)


def test_somebody_is_added_with_how_they_agreed(typist: Typist) -> None:
    """A row with source and date of the consent, and a line in the journal; a second time nothing happens."""
    words = ("subscribers", "add", "Fay@Mail.Example", "--first-name", "Fay", "--tag", "desk", "--consent", "asked at the desk")
    assert "Fay@mail.example is on the list." in typist.ok(*words)
    row = list(csv.DictReader(typist.list.open(encoding="utf-8")))[-1]
    assert (row["email"], row["first_name"], row["tags"], row["consent_source"]) == (
        "Fay@mail.example",
        "Fay",
        "desk",
        "asked at the desk",
    )
    assert len(row["consent_date"]) == 10
    assert ("fay@mail.example", "added to the list", "subscribers add") in journal(typist.folder)
    before = typist.list.read_bytes(), journal(typist.folder)
    assert "is on the list already" in typist.ok(*words)
    assert (typist.list.read_bytes(), journal(typist.folder)) == before


def test_nobody_is_added_without_a_consent_or_an_address(typist: Typist) -> None:
    """How they agreed has to be said; what is no address is refused in a sentence."""
    assert typist("subscribers", "add", "fay@mail.example").code == 2
    done = typist("subscribers", "add", "fay@mail", "--consent", "form")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "fay" not in typist.list.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.OPTED_OUT, "opted out"),
        (Kind.BOUNCED, "came back"),
        (Kind.ASKED, "asked not"),
        (Kind.COMPLAINED, "called a mail of yours spam"),
    ],
)
def test_who_left_is_added_only_on_their_own_wish(typist: Typist, kind: Kind, words: str) -> None:
    """Whatever the reason, it is said and nothing is written; with --again they are back, and the journal says so."""
    suppress(typist.folder, "fay@mail.example", kind)
    before = typist.list.read_bytes()
    done = typist("subscribers", "add", "fay@mail.example", "--first-name", "Fay", "--consent", "wrote to us")
    assert done.code == 1
    assert words in done.err
    assert "a reason" in done.err
    assert typist.list.read_bytes() == before
    typist.ok("subscribers", "add", "fay@mail.example", "--first-name", "Fay", "--consent", "wrote to us", "--again")
    assert "Fay" in mailed(typist)
    assert ("fay@mail.example", "suppression lifted", "subscribers add") in journal(typist.folder)


def test_an_erased_person_comes_back_on_their_own_wish(typist: Typist) -> None:
    """After `forget` the address is refused; --again takes it back."""
    typist.ok("subscribers", "forget", "eve@mail.example", "--yes")
    words = ("subscribers", "add", "eve@mail.example", "--first-name", "Eve", "--consent", "wrote to us")
    done = typist(*words)
    assert (done.code, "erased" in done.err) == (1, True)
    typist.ok(*words, "--again")
    assert "Eve" in mailed(typist)


def test_who_came_back_brings_nobody_else_of_the_family_back(typist: Typist) -> None:
    """Where several people share the address, somebody must say who of them it was; the others stay as they are."""
    titles, carl, doris = "email,first_name,status", "a@mail.example,Carl,deceased", "a@mail.example,Doris,unsubscribed"
    typist.write("subscribers.csv", titles, carl, doris)
    words = ("subscribers", "add", "a@mail.example", "--consent", "called us", "--again")
    done = typist(*words)
    assert (done.code, "several people share this address: Carl, Doris." in done.err) == (1, True)
    assert typist.list.read_text().splitlines() == [titles, carl, doris]
    typist.ok(*words, "--first-name", "Doris")
    assert typist.list.read_text().splitlines()[1:] != [carl, doris]
    assert mailed(typist) == ["Doris"]


def test_nobody_is_added_who_agreed_to_nothing(typist: Typist) -> None:
    """Blanks are no consent."""
    done = typist("subscribers", "add", "new@mail.example", "--consent", " ")
    assert (done.code, "say in a few words how they agreed" in done.err) == (2, True)


def test_all_rows_of_a_person_count_together(typist: Typist) -> None:
    """A tag in one row of somebody and the visit in another ask for them, as a send does."""
    rows = ("a@mail.example,Ann,vip,", "a@mail.example,ANN,,2026-11-01", "a@mail.example,Bo,,2026-11-01")
    typist.write("subscribers.csv", "email,first_name,tags,last_visit", *rows)
    assert mailed(typist, "--tag", "vip", "--active-within", "1200") == ["Ann"]


def test_a_status_of_the_list_is_lifted_by_again_alone(typist: Typist) -> None:
    """Who stands on the list as unsubscribed is refused with the line; --again clears the status and notes the new consent."""
    words = ("subscribers", "add", "dan@mail.example", "--first-name", "Dan", "--consent", "wrote to us")
    done = typist(*words)
    assert (done.code, "line 5 of subscribers.csv" in done.err) == (1, True)
    typist.ok(*words, "--again")
    assert "Dan" in mailed(typist)
    assert "dan@mail.example,Dan,Voss,desk,,wrote to us," in typist.list.read_text(encoding="utf-8")


def test_somebody_elses_refusal_at_the_address_is_not_lifted(typist: Typist) -> None:
    """Where the row of another person closes the address, its line is said and nothing changes."""
    typist.write("subscribers.csv", "email,first_name,status", "a@mail.example,Ann,inactive", "a@mail.example,Bob,unsubscribed")
    done = typist("subscribers", "add", "a@mail.example", "--first-name", "Ann", "--consent", "wrote to us", "--again")
    assert (done.code, "subscribers.csv:3: the status is" in done.err) == (1, True)
    assert "Ann,inactive" in typist.list.read_text(encoding="utf-8")


def test_who_is_removed_stays_away(typist: Typist) -> None:
    """The row goes, the address is suppressed, and no import brings it back."""
    assert "1 row taken out of the list." in typist.ok("subscribers", "remove", "CARA@mail.example", "--may-return")
    typist.ok("subscribers", "remove", "dan@mail.example", "gone@mail.example", "--yes")
    assert "dan@" not in typist.list.read_text(encoding="utf-8")
    assert ("dan@mail.example", "removed from the list", "subscribers remove") in journal(typist.folder)
    typist.write("export.csv", "Email,First Name", "dan@mail.example,Dan", "gone@mail.example,Gil", "new@mail.example,New")
    typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--yes")
    assert mailed(typist) == ["Anna", "Ben", "Eve", "New"]


def test_who_may_return_is_not_suppressed(typist: Typist) -> None:
    """With --may-return only the row goes; an address that is not on the list is said."""
    typist.ok("subscribers", "remove", "dan@mail.example", "--may-return")
    typist.ok("subscribers", "add", "dan@mail.example", "--consent", "form")
    done = typist("subscribers", "remove", "nobody@mail.example", "--may-return")
    assert (done.code, "nobody@mail.example: not in subscribers.csv" in done.err) == (1, True)


@pytest.mark.parametrize(("typed", "rows"), [("yes", 6), ("", 8)])
def test_several_rows_are_not_removed_without_being_asked(desk: Desk, typed: str, rows: int) -> None:
    """They are shown, and only a typed yes takes them out; without a terminal nothing happens."""
    Typist(desk.folder).write("subscribers.csv", *LIST)
    assert desk("subscribers", "remove", "anna@mail.example").code == 1
    ours, theirs = pty.openpty()
    try:
        process = desk.begin("subscribers", "remove", "anna@mail.example", stdin=theirs)
        os.write(ours, f"{typed}\n".encode())
        done = ended(process)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "line 3  anna@mail.example  Ben  Reyes" in done.out
    assert len((desk.folder / "subscribers.csv").read_text(encoding="utf-8").splitlines()) == rows
    assert Typist(desk.folder)("suppressions").out.count("anna@mail.example") == (rows == 6)


def test_an_export_comes_back_as_it_was(typist: Typist) -> None:
    """Importing it again changes nothing; it is for its owner alone, and no spreadsheet runs a cell of it."""
    target = typist.folder / "out.csv"
    typist.ok("subscribers", "export", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert ",'=Ann" in target.read_text(encoding="utf-8")
    said = typist.ok("subscribers", "import", str(target), "--keep", "nickname", "--keep", "last_visit")
    assert "nothing was changed" in said


def test_an_export_of_all_comes_back_as_it_was(typist: Typist) -> None:
    """Nobody joins or is mailed who was not, and the list stays the same; its opt-outs are suppressed from then on."""
    target = typist.folder / "out.csv"
    typist.ok("subscribers", "export", str(target), "--all")
    before = typist.list.read_bytes(), mailed(typist)
    typist.ok("subscribers", "import", str(target), "--keep", "nickname", "--keep", "last_visit", "--yes")
    assert (typist.list.read_bytes(), mailed(typist)) == before
    assert "nothing was changed" in typist.ok("subscribers", "import", str(target))


def test_an_export_holds_whom_it_should(typist: Typist) -> None:
    """By itself those who are mailed; with --all everybody, with a status that other programs heed, and the reason."""
    target = typist.folder / "out.csv"
    typist.ok("subscribers", "export", str(target))
    names = [row["first_name"] for row in csv.DictReader(target.open(encoding="utf-8-sig"))]
    assert names == ["Anna", "Ben", "Eve"]
    typist.ok("subscribers", "export", str(target), "--all", "--yes")
    rows = {row["first_name"]: row for row in csv.DictReader(target.open(encoding="utf-8-sig"))}
    assert (rows["Cara"]["status"], rows["Cara"]["reason"]) == ("unsubscribed", "asked: told us at the desk")
    assert (rows["Dan"]["status"], rows["Anna"]["reason"]) == ("unsubscribed", "")


def test_an_export_overwrites_nothing_unasked_and_never_the_list(typist: Typist) -> None:
    """An existing file stays unless --yes was given; the list itself stays in any case."""
    target = typist.write("out.csv", "mine")
    assert typist("subscribers", "export", str(target)).code == 1
    assert typist("subscribers", "export", str(typist.list), "--yes").code == 1
    assert (target.read_text(), typist.list.read_text(encoding="utf-8")) == ("mine\n", "\n".join(LIST) + "\n")


def test_the_group_lists_its_commands(typist: Typist) -> None:
    """Help names each with what it does, and a slip is answered with a suggestion."""
    said = typist.ok("subscribers", "--help")
    assert [line.split()[0] for line in said.split("Commands:\n")[1].splitlines()] == [
        *("import", "list", "add", "remove", "export", "report", "forget"),
    ]
    slip = typist("subscribers", "imports")
    assert (slip.code, 'Did you mean "import"?' in slip.err) == (2, True)
