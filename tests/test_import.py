"""Holds what an import does to the list: who joins it, what changes, and who never comes back by it."""

from __future__ import annotations

import csv
import json
import os
import pty
import stat
from collections.abc import Iterable
from pathlib import Path

import pytest
from desks import Desk, ended
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from typing_commands import Typist

from newsletter.ledger.journal import Journal
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Kind, Suppressions
from newsletter.read.changes import Changes
from newsletter.read.exports.incoming import Incoming, Refusal
from newsletter.read.joining import Terms, join
from newsletter.read.left_out import LeftOut
from newsletter.read.list_file import ListFile
from newsletter.read.subscribers import Subscriber, SubscriberList

LIST = (
    "email,first_name,last_name,tags,status,consent_source,consent_date",
    "anna@mail.example,Anna,Reyes,desk,active,front desk form,2026-01-05",
    "ben@mail.example,,,,,,",
    "cara@mail.example,Cara,Cole,,unsubscribed,,",
    "dan@mail.example,Dan,Voss,,deceased,,",
)
EXPORT = (
    "First Name,Last Name,Email,Marketing Emails,Unsubscribed,Status,Last Visit,Birth Date",
    "Anna,Reyes,anna@mail.example,yes,,Active,2026-09-01,1980-02-01",
    "Ben,Ivers,BEN@mail.example,yes,,Active,2026-09-02,1981-02-01",
    "Cara,Cole,cara@mail.example,yes,,Active,2026-09-03,1982-02-01",
    "Eve,Sand,eve@mail.example,yes,,Active,2026-09-04,1983-02-01",
    "Tim,Sand,eve@mail.example,,,Active,2026-09-04,2019-02-01",
    "Fay,Moor,fay@mail.example,no,,Active,2026-09-05,1985-02-01",
    "Gus,Lund,gus@mail.example,yes,yes,Active,2026-09-06,1986-02-01",
    "Hal,Berg,hal@mail.example,yes,,Deceased,2026-09-07,1930-02-01",
)


@pytest.fixture
def typist(practice_folder: Path) -> Typist:
    """A practice with a short list."""
    made = Typist(practice_folder)
    made.write("subscribers.csv", *LIST)
    made.write("export.csv", *EXPORT)
    return made


def rows(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a list by address and first name."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {f"{row['email']} {row['first_name']}".strip(): row for row in csv.DictReader(stream)}


def taken_in(typist: Typist, *options: str) -> dict[str, dict[str, str]]:
    """The list after an import of the export."""
    typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--yes", *options)
    return rows(typist.list)


def suppressed(folder: Path) -> dict[str, Kind]:
    """Everybody suppressed by address."""
    ledger = Ledger.reading(ledger_file(folder))
    assert ledger
    found = {one.who: one.kind for one in Suppressions(ledger).by_address()}
    ledger.close()
    return found


def test_new_people_join_the_list_and_known_ones_keep_what_it_knows(typist: Typist) -> None:
    """Who is new is added, several at one address too; of known people only what was missing is filled in."""
    found = taken_in(typist)
    assert list(found) == [
        "anna@mail.example Anna",
        "ben@mail.example Ben",
        "cara@mail.example Cara",
        "dan@mail.example Dan",
        "eve@mail.example Eve",
        "eve@mail.example Tim",
    ]
    assert (found["anna@mail.example Anna"]["consent_source"], found["anna@mail.example Anna"]["tags"]) == (
        "front desk form",
        "desk",
    )
    assert found["ben@mail.example Ben"]["last_name"] == "Ivers"
    assert found["ben@mail.example Ben"]["consent_source"] == "CSV export, Marketing Emails: yes"
    assert (found["eve@mail.example Eve"]["child"], found["eve@mail.example Tim"]["child"]) == ("", "yes")


def test_what_is_private_is_left_behind(typist: Typist) -> None:
    """Neither birth dates nor visits get into the list unless they are asked for by name."""
    assert not {"last_visit", "birth_date"} & set(taken_in(typist)["eve@mail.example Eve"])
    assert "1983" not in typist.list.read_text(encoding="utf-8")
    kept = taken_in(typist, "--keep", "Last Visit")
    assert kept["eve@mail.example Eve"]["last_visit"] == "2026-09-04"
    assert kept["dan@mail.example Dan"]["last_visit"] == ""


def test_a_newer_last_visit_counts_and_an_older_one_does_not(typist: Typist) -> None:
    """Exports are imported again and again; an old one takes nothing back."""
    taken_in(typist, "--keep", "Last Visit")
    typist.write(
        "export.csv", "Email,First Name,Last Visit", "anna@mail.example,Anna,11/20/2026", "eve@mail.example,Eve,01/31/2020"
    )
    found = taken_in(typist, "--keep", "Last Visit")
    assert found["anna@mail.example Anna"]["last_visit"] == "2026-11-20"
    assert found["eve@mail.example Eve"]["last_visit"] == "2026-09-04"


def test_who_refuses_in_the_export_is_stopped_here_too(typist: Typist) -> None:
    """An opt-out suppresses the address and a bounce too; a death stops the person; each sets the row's status."""
    typist.write(
        "export.csv",
        "Email,First Name,Email Status,Status",
        "anna@mail.example,Anna,Unsubscribed,Active",
        "ben@mail.example,Ben,Bounced,Active",
        "new@mail.example,New,Unsubscribed,Active",
        "dora@mail.example,Dora,,Deceased",
    )
    typist.write("subscribers.csv", *LIST, "dora@mail.example,Dora,,,,,", "dora@mail.example,Earl,,,,,")
    found = taken_in(typist)
    assert {
        key.split()[1]: row["status"] for key, row in found.items() if row["status"] and "@" in key.split()[-1] is False
    } == {}
    statuses = {key: row["status"] for key, row in found.items()}
    assert statuses["anna@mail.example Anna"] == "unsubscribed"
    assert statuses["ben@mail.example"] == "bounced"
    assert (statuses["dora@mail.example Dora"], statuses["dora@mail.example Earl"]) == ("deceased", "")
    assert "new@mail.example New" not in found
    kinds = suppressed(typist.folder)
    assert kinds == {"anna@mail.example": Kind.OPTED_OUT, "ben@mail.example": Kind.BOUNCED, "new@mail.example": Kind.OPTED_OUT}
    assert [row["first_name"] for row in json.loads(typist.ok("subscribers", "list", "--json"))] == ["Earl"]


def test_no_import_brings_anybody_back(typist: Typist) -> None:
    """Suppressed by address, erased, unsubscribed in the list: the export may call them active, they stay out."""
    typist.ok("suppress", "eve@mail.example")
    typist.ok("subscribers", "forget", "ben@mail.example", "--yes")
    before = typist.list.read_text(encoding="utf-8")
    said = " ".join(typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--yes").split())
    assert "suppressed (asked): asked not to be mailed" in said
    assert "erased on request" in said
    assert 'the status is "unsubscribed"' in said
    assert typist.list.read_text(encoding="utf-8") == before
    assert "ben@mail.example" not in said.lower()


def test_who_did_not_agree_is_not_added(typist: Typist) -> None:
    """A no to mail leaves a person out without suppressing the address, and takes one who is on the list off the mail."""
    typist.write("subscribers.csv", *LIST, "fay@mail.example,Fay,,,active,,", "fay@mail.example,Flo,,,active,,")
    found = taken_in(typist)
    assert (found["fay@mail.example Fay"]["status"], found["fay@mail.example Flo"]["status"]) == ("removed", "active")
    assert "fay@mail.example" not in suppressed(typist.folder)


def test_how_they_agreed(typist: Typist) -> None:
    """What the export says goes before --consent; where nothing says it, the screen counts them."""
    practice = (typist.folder / "practice.yaml").read_text(encoding="utf-8").splitlines()
    typist.write("practice.yaml", *[line for line in practice if "consent" not in line])
    typist.write("export.csv", "Email,First Name,Consent", "eve@mail.example,Eve,2026-03-04", "joe@mail.example,Joe,")
    plain = typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--dry-run")
    assert "Nothing says how 1 new person agreed to be mailed." in " ".join(plain.split())
    typist.write("practice.yaml", *practice)
    agreed = typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--dry-run")
    assert "does not say how 1 new person agreed to be mailed; practice.yaml says for all" in " ".join(agreed.split())
    found = taken_in(typist, "--consent", "health fair, May 2026")
    assert found["eve@mail.example Eve"]["consent_date"] == "2026-03-04"
    assert "Consent" in found["eve@mail.example Eve"]["consent_source"]
    assert found["joe@mail.example Joe"]["consent_source"] == "health fair, May 2026"


def test_tags_are_added_and_none_is_lost(typist: Typist) -> None:
    """Tags of the list stay as they are written; those of the export and of --tag come behind them, once."""
    typist.write("export.csv", "Email,First Name,Tags", 'anna@mail.example,Anna,"Desk, yoga"', "eve@mail.example,Eve,")
    found = taken_in(typist, "--tag", "Fall 2026", "--tag", "yoga")
    assert found["anna@mail.example Anna"]["tags"] == "desk;yoga;fall 2026"
    assert found["eve@mail.example Eve"]["tags"] == "fall 2026;yoga"


def test_what_later_rows_of_a_person_say_is_not_lost(typist: Typist) -> None:
    """An export with a row for each visit brings the latest visit, all tags, and that somebody is a child."""
    typist.write(
        "visits.csv",
        "Email,First Name,Last Name,Tags,Last Visit,Birth Date",
        "zoe@mail.example,Zoe,Lund,x,2024-01-01,",
        "zoe@mail.example,Zoe,Lund,vip,2026-10-01,2019-01-01",
    )
    typist.ok("subscribers", "import", str(typist.folder / "visits.csv"), "--keep", "Last Visit", "--yes")
    zoe = rows(typist.list)["zoe@mail.example Zoe"]
    assert (zoe["tags"], zoe["last_visit"], zoe["child"]) == ("x;vip", "2026-10-01", "yes")


def test_who_died_is_not_greeted_from_a_couples_row(typist: Typist) -> None:
    """The row that names both is stopped, and says so, until somebody corrects it."""
    typist.write("subscribers.csv", LIST[0], "a@mail.example,Ana and Ben,Cole,,active,,")
    typist.write("gone.csv", "Email,First Name,Status", "a@mail.example,Ben,Deceased", "a@mail.example,Ana,Active")
    typist.ok("subscribers", "import", str(typist.folder / "gone.csv"), "--yes")
    assert {name: row["status"] for name, row in rows(typist.list).items()} == {
        "a@mail.example Ana and Ben": "deceased",
        "a@mail.example Ana": "",
    }


def test_a_copy_is_told_of_only_where_the_list_was_written(typist: Typist) -> None:
    """An import that only suppresses leaves the list alone; a new list was nothing before."""
    typist.write("out.csv", "Email,Unsubscribed", "new@mail.example,yes")
    said = typist.ok("subscribers", "import", str(typist.folder / "out.csv"), "--yes")
    assert "1 never to be mailed again" in said
    assert "as it was before" not in said


def test_a_second_time_nothing_changes(typist: Typist) -> None:
    """The same export again writes neither list, ledger nor journal, and says so."""
    taken_in(typist, "--keep", "Last Visit", "--tag", "fall")
    before = typist.list.read_bytes(), journal(typist.folder), suppressed(typist.folder)
    said = typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--keep", "Last Visit", "--tag", "fall")
    assert "Nothing in this file is new to your list; nothing was changed." in said
    assert (typist.list.read_bytes(), journal(typist.folder), suppressed(typist.folder)) == before


def journal(folder: Path) -> list[tuple[str, str, str]]:
    """Who, what and detail of each line of the journal."""
    ledger = Ledger.reading(ledger_file(folder))
    found = [(line.who, line.what, line.detail) for line in Journal(ledger).all()] if ledger else []
    if ledger:
        ledger.close()
    return found


def test_every_change_is_in_the_journal_without_health_data(typist: Typist) -> None:
    """A line for the import and one for each person, with file and line; of what changed, the columns alone."""
    taken_in(typist, "--keep", "Last Visit")
    lines = journal(typist.folder)
    assert ("", "import", "export.csv: 2 added, 2 updated, 1 never to be mailed again, 4 left out") in lines
    assert ("eve@mail.example", "added to the list", "export.csv, line 5") in lines
    assert ("anna@mail.example", "changed on the list", "export.csv, line 2: last_visit") in lines
    assert [detail for who, what, detail in lines if who == "gus@mail.example"] == [
        'export.csv, line 8: the column "Unsubscribed" says "yes".'
    ]
    assert not any(word in str(lines) for word in ("2026-09", "1930", "eceased", "hal@"))


def test_a_dry_run_and_an_unanswered_question_write_nothing(typist: Typist) -> None:
    """Without --yes and without a terminal the screen shows it all, and no file is touched; so with --dry-run."""
    before = sorted(typist.folder.rglob("*")), typist.list.read_bytes()
    dry = typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--dry-run")
    asked = typist("subscribers", "import", str(typist.folder / "export.csv"))
    assert asked.code == 1
    assert "there is nobody to confirm it" in asked.err
    assert dry.splitlines()[:-1] == asked.out.splitlines()
    assert (sorted(typist.folder.rglob("*")), typist.list.read_bytes()) == before


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("", 1), ("y", 1)])
def test_on_a_terminal_it_is_asked(desk: Desk, typed: str, code: int) -> None:
    """Only a typed yes writes; anything else, and Enter, leaves the list as it is."""
    (desk.folder / "export.csv").write_text("\n".join(EXPORT), encoding="utf-8")
    before = (desk.folder / "subscribers.csv").read_bytes()
    ours, theirs = pty.openpty()
    try:
        process = desk.begin("subscribers", "import", str(desk.folder / "export.csv"), stdin=theirs)
        os.write(ours, f"{typed}\n".encode())
        done = ended(process)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.code == code, done.err
    assert "Type yes to write 5 people into subscribers.csv" in done.err
    assert ((desk.folder / "subscribers.csv").read_bytes() == before) == bool(code)


def test_the_screen_fits_and_says_what_to_do_next(typist: Typist) -> None:
    """80 columns; what it understood, what stays behind, ten rows, and a command at the end."""
    said = typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--yes")
    own = [line for line in said.splitlines() if str(typist.folder) not in line]
    assert max(map(len, own)) <= 80
    assert "email address" in said
    assert "Birth Date" in said
    assert "As they will stand in subscribers.csv, the first 3 of 3:" in said
    assert said.splitlines()[-1].startswith("Next: newsletter ")


def test_rows_left_out_can_be_had_as_a_file(typist: Typist) -> None:
    """Each with its line in the export and the reason; an existing file, the list above all, is not overwritten."""
    target = typist.folder / "left-out.csv"
    typist.ok("subscribers", "import", str(typist.folder / "export.csv"), "--dry-run", "--rejects", str(target))
    with target.open(encoding="utf-8-sig", newline="") as stream:
        assert [(row["line"], row["email"]) for row in csv.DictReader(stream)] == [
            ("4", "cara@mail.example"),
            ("7", "fay@mail.example"),
            ("8", "gus@mail.example"),
            ("9", "hal@mail.example"),
        ]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    for name, options in (("left-out.csv", ()), ("subscribers.csv", ("--yes",)), ("export.csv", ("--yes",))):
        done = typist(
            "subscribers", "import", str(typist.folder / "export.csv"), "--rejects", str(typist.folder / name), *options
        )
        assert (done.code, "overw" in done.err) == (1, True)


def test_a_list_is_made_where_there_is_none(typist: Typist) -> None:
    """The first import makes it, for its owner alone."""
    typist.list.unlink()
    assert len(taken_in(typist)) == 5
    assert stat.S_IMODE(typist.list.stat().st_mode) == 0o600
    assert typist.list.read_bytes().startswith("\ufeffemail,first_name".encode())


def test_the_example_list_is_not_taken_for_a_practices_own(practice_folder: Path) -> None:
    """Before real people join the invented ones of a new folder, the screen says how to begin without them."""
    typist = Typist(practice_folder)
    export = str(typist.write("export.csv", *EXPORT))
    assert "with invented people" in typist.ok("subscribers", "import", export, "--dry-run")
    typist.list.unlink()
    assert "with invented people" not in typist.ok("subscribers", "import", export, "--yes")
    assert "invented" not in typist.ok("subscribers", "import", export)


def written(folder: Path, kind: str) -> Path:
    """The export as a file of some kind."""
    path = folder / f"file-{kind}"
    text = "\r\n".join(EXPORT)
    if kind == "xlsx":
        book = Workbook()
        for line in EXPORT:
            book.active.append(line.split(","))
        book.save(path)
    elif kind == "cp1252 ;":
        path.write_bytes(text.replace(",", ";").encode("cp1252"))
    elif kind == "utf-16 tab":
        path.write_bytes(text.replace(",", "\t").encode("utf-16"))
    else:
        path.write_bytes(("Patient List\r\n\r\n" + text + "\r\nTotal: 8\r\n").encode("utf-8-sig"))
    return path


def test_every_kind_of_file_makes_the_same_list(typist: Typist) -> None:
    """CSV of any encoding and delimiter, a report with headings and totals, and Excel."""
    lists = []
    for kind in ("report", "cp1252 ;", "utf-16 tab", "xlsx"):
        typist.write("subscribers.csv", *LIST)
        path = written(typist.folder, kind)
        typist.ok("subscribers", "import", str(path), "--yes", "--consent", "front desk", "--keep", "Last Visit")
        lists.append(typist.list.read_text(encoding="utf-8").replace("Excel export", "CSV export"))
    assert lists == [lists[0]] * 4
    assert "eve@mail.example,Tim" in lists[0]


def test_vcards(typist: Typist) -> None:
    """The contacts of a phone."""
    card = "BEGIN:VCARD\nVERSION:3.0\nN:Sand;Eve;;;\nFN:Eve Sand\nEMAIL:eve@mail.example\nTEL:555\nEND:VCARD"
    path = typist.write("contacts.vcf", card)
    typist.ok("subscribers", "import", str(path), "--yes", "--consent", "asked on the phone")
    assert rows(typist.list)["eve@mail.example Eve"]["last_name"] == "Sand"
    assert "555" not in typist.list.read_text(encoding="utf-8")


def test_where_the_list_cannot_be_written_the_refusals_hold(desk: Desk) -> None:
    """On a full disk the list stays whole as it was, in a sentence; who refused is suppressed already."""
    desk.write_list("gus@mail.example,Gus,,")
    people = [f"p{n}@mail.example,P{n},no" for n in range(20_000)]
    (desk.folder / "export.csv").write_text("\n".join(["Email,First Name,Unsubscribed", *people, "gus@mail.example,Gus,yes"]))
    before = (desk.folder / "subscribers.csv").read_bytes()

    def small_disk() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = ended(desk.begin("subscribers", "import", str(desk.folder / "export.csv"), "--yes", preexec_fn=small_disk))
    assert done.code == 1
    assert "cannot be written" in done.err
    assert (desk.folder / "subscribers.csv").read_bytes() == before
    assert suppressed(desk.folder) == {"gus@mail.example": Kind.OPTED_OUT}
    assert not list(desk.folder.glob("subscribers-new*"))


ADDRESSES = st.sampled_from(["a@mail.example", "b@mail.example", "c@mail.example"])
NAMES = st.sampled_from(["", "Anna", "Ben"])
STATUSES = st.sampled_from(["", "active", "unsubscribed", "deceased"])
REFUSALS = st.sampled_from([None, None, Refusal("address", 'it says "Unsubscribed".'), Refusal("person", 'it says "Deceased".')])
PEOPLE = st.lists(st.tuples(ADDRESSES, NAMES, REFUSALS, st.sampled_from([True, None])), max_size=6)


def incoming(people: Iterable[tuple[str, str, Refusal | None, bool | None]]) -> list[Incoming | LeftOut]:
    """People of an export, line by line."""
    return [
        Incoming(line, email, name, "", (), "", consent, "form" if consent else "", "", False, refusal, ())
        for line, (email, name, refusal, consent) in enumerate(people, 2)
    ]


@settings(max_examples=80, deadline=None)
@given(known=st.lists(st.tuples(ADDRESSES, NAMES, STATUSES), max_size=4), people=PEOPLE, barred=st.sets(ADDRESSES, max_size=1))
def test_nobody_who_refused_becomes_mailable_and_twice_is_once(
    tmp_path_factory: pytest.TempPathFactory,
    known: list[tuple[str, str, str]],
    people: list[tuple[str, str, Refusal | None, bool | None]],
    barred: set[str],
) -> None:
    """Whatever list meets whatever export: no address that anybody refused joins or is mailed, and a second import is none."""
    folder = tmp_path_factory.mktemp("join")
    path = folder / "subscribers.csv"
    path.write_text("email,first_name,status\n" + "".join(f"{','.join(row)}\n" for row in known), encoding="utf-8")
    closed = {email for email, _, status in known if status == "unsubscribed"}
    closed |= {email for email, _, refusal, _ in people if refusal and refusal.whom == "address"}

    def joined(never: set[str]) -> Changes:
        return join(
            incoming(people),
            ListFile(path, folder),
            Terms(),
            lambda line, email: LeftOut(line, email, "suppressed", "") if email in never else None,
        )

    first = joined(barred)
    assert not {entry.values["email"] for entry in first.added} & (closed | barred)
    assert {one.email for one in first.addresses_refused} == closed_by_export(people) - barred
    if first:
        ListFile(path, folder).write(first.edits)
    mailed = {row.email for row in SubscriberList(path).rows() if isinstance(row, Subscriber)}
    assert not mailed & (closed - barred)
    assert not joined(barred | {one.email for one in first.addresses_refused})


def closed_by_export(people: Iterable[tuple[str, str, Refusal | None, bool | None]]) -> set[str]:
    """The addresses that an export refuses."""
    return {email for email, _, refusal, _ in people if refusal and refusal.whom == "address"}
