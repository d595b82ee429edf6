"""Holds what a person can ask of a practice: what it knows of them, and that all of it is erased."""

from __future__ import annotations

import json
import os
import pty
import time
from pathlib import Path

import pytest
from desks import PEOPLE, SLUG, Desk, ended
from mailings import ledger_in, plan
from smtp_server import Close, Phase, Say, When

from newsletter.errors import LedgerUnusable
from newsletter.ledger.bounces import Bounce, Bounces, Weight
from newsletter.ledger.forgetting import forget
from newsletter.ledger.keys import practice_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Suppressions

CARA = "cara@mail.example"
LIST = """\
email,first_name,last_name,tags,consent_source,consent_date,status,reminders_to
anna@mail.example,Anna,Petrov,desk,form at the desk,2026-03-14,,
joanna@mail.example,Joanna,Wells,,website,2026-05-02,,
Cara@Mail.example,Cara,Diaz,desk,form at the desk,2026-01-09,,
ben@post.example,Ben,Diaz,,website,2026-02-02,,cara@mail.example
cara@mail.example,Cara,Diaz,,,,unsubscribed,
cara@mail.example.org,Carla,Diaz,,website,2026-02-02,,
cara@mail,Cara,Diaz,,website,2026-02-02,,
"""


@pytest.fixture
def desk(quick_desk: Desk) -> Desk:
    """Its commands need no processes of their own."""
    return quick_desk


def mailed(desk: Desk, *script: When) -> None:
    """The list, sent to."""
    (desk.folder / "subscribers.csv").write_text(LIST.replace("unsubscribed", ""), encoding="utf-8")
    desk.server.change_script(*script)
    desk.send()
    (desk.folder / "subscribers.csv").write_text(LIST, encoding="utf-8")


def bounced(desk: Desk) -> None:
    """Cara's mail came back."""
    ledger = Ledger.open(ledger_file(desk.folder))
    with ledger.transaction():
        Bounces(ledger).note(Bounce("event-1", CARA, Weight.HARD, "5.1.1", SLUG, time.time()), "inbox")
    ledger.close()


def holding(folder: Path, text: str) -> list[str]:
    """The files anywhere below a folder in whose bytes a text stands, whatever its case."""
    needle = text.encode()
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes().lower()]


def test_a_report_of_somebody_who_was_mailed(desk: Desk) -> None:
    """How they agreed, every row, every mail with its codes, what came back and every change; case does not matter."""
    mailed(desk)
    bounced(desk)
    done = desk("subscribers", "report", "CARA@mail.EXAMPLE")
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "line 4 agreed by form at the desk, 2026-01-09" in said
    assert "line 6 agreed by nothing is written down" in said
    assert "Also named in line 5 of subscribers.csv, in the column reminders_to" in said
    assert "May be mailed: no, since" in said
    assert f"{SLUG} sent: the server took the mail (250 2.0.0)" in said
    assert f"{SLUG} hard: came back for good: there is no such mailbox 5.1.1" in said
    assert "suppressed: bounced (inbox)" in said
    assert said.startswith("Riverbend Chiropractic: what is known of cara@mail.example, ")
    assert "joanna" not in said
    assert "Ben" not in said
    assert all(len(line) <= 80 for line in done.out.splitlines() if "newsletter -C" not in line)


def test_a_report_for_a_program(desk: Desk) -> None:
    """--json holds the same in one object, with times in UTC and no words of a server."""
    mailed(desk, When(Phase.RCPT, Say("550 5.1.1 <cara@mail.example> unknown to our host"), recipient="ara@"))
    known = desk("subscribers", "report", CARA, "--json").object
    assert known["consent"][0] == {"line": 4, "source": "form at the desk", "date": "2026-01-09"}
    assert [row["line"] for row in known["list"]] == [4, 6]
    assert known["list"][0]["columns"]["tags"] == "desk"
    assert known["list"][1]["left_out"]
    (mail,) = known["mailings"]
    assert (mail["issue"], mail["status"], mail["code"], mail["enhanced_code"]) == (SLUG, "refused", 550, "5.1.1")
    assert mail["at"].endswith("+00:00")
    assert known["suppressed"]["kind"] == "bounced"
    assert [line["what"] for line in known["journal"]] == ["suppressed: bounced"]
    assert "unknown to our host" not in str(known["mailings"])


def test_a_family_is_reported_together(desk: Desk) -> None:
    """Of people who share an address all are in it, who of them would be mailed, and why another would not."""
    rows = ("anna@mail.example,Anna,,", "Anna@mail.example,Ben,,", "anna@mail.example,Otto,,deceased")
    desk.write_list(*rows)
    said = " ".join(desk("subscribers", "report", "anna@mail.example").out.split())
    assert "May be mailed: yes, greeted as Anna and Ben; line 4: " in said
    assert desk("subscribers", "report", "anna@mail.example", "--json").object["may_be_mailed"] is True
    desk("suppress", "anna@mail.example")
    assert desk("subscribers", "report", "anna@mail.example", "--json").object["may_be_mailed"] is False


def test_the_last_changes(desk: Desk) -> None:
    """Without an address: who and what was changed last, by which command, the newest at the end; nobody erased is named."""
    assert "No change has been written down yet." in desk("subscribers", "report").out
    assert desk("subscribers", "report", "--json").out == "[]\n"
    for number in range(25):
        desk("suppress", f"p{number}@mail.example", "--reason", "moved away")
    ledger = Ledger.open(ledger_file(desk.folder))
    for address in (PEOPLE[1], "unknown@mail.example"):
        Suppressions(ledger).opt_out(practice_keys(desk.folder).code(address), "by link", time.time(), "page")
    ledger.close()
    desk("subscribers", "forget", CARA, "--yes")
    lines = json.loads(desk("subscribers", "report", "--json").out)
    assert [line["who"] for line in lines[:17]] == [f"p{number}@mail.example" for number in range(8, 25)]
    assert [line["who"] for line in lines[17:]] == [PEOPLE[1], "(known by a code alone)", "(erased on request)"]
    assert (lines[0]["what"], lines[0]["source"], lines[0]["detail"]) == ("suppressed: asked", "command", "moved away")
    said = desk("subscribers", "report").out
    assert max(map(len, said.splitlines()[:-1])) <= 80
    assert said.index("p8@mail.example") < said.index(PEOPLE[1]) < said.index("suppressed: forgotten (command)")
    assert CARA not in said


def test_words_that_named_somebody_erased_are_not_kept(desk: Desk) -> None:
    """Another person stays suppressed in their own right; only the words in which the erased one stood are gone."""
    desk("suppress", PEOPLE[0], "--reason", f"{CARA} told us")
    desk("subscribers", "forget", CARA, "--yes")
    (left,) = [row for row in json.loads(desk("suppressions", "--json").out) if row["email"]]
    assert (left["email"], left["kind"]) == (PEOPLE[0], "asked")
    assert "named somebody who was erased" in left["reason"]
    assert holding(desk.folder, CARA) == []


def test_nobody_known(desk: Desk) -> None:
    """That nothing is known is an answer; what is no address is a sentence."""
    none = desk("subscribers", "report", "zoe@mail.example")
    assert none.code == 0
    assert "Nothing is known of this address" in none.out
    assert desk("subscribers", "report", "zoe@mail.example", "--json").object["known"] is False
    wrong = desk("subscribers", "report", "zoe")
    assert wrong.code == 1
    assert "not an address" in wrong.err


def test_somebody_whose_mail_is_in_doubt(desk: Desk) -> None:
    """A mail that may have arrived is told as that, with the reason."""
    mailed(desk, When(Phase.DOT, Close(), recipient="anna@", kept=True))
    said = " ".join(desk("subscribers", "report", "anna@mail.example").out.split())
    assert f"{SLUG} uncertain: no valid answer after the end of the message" in said


def test_erasing_leaves_no_byte_of_the_address(desk: Desk) -> None:
    """Not in the list, its copy, the ledger or its log, rehearsals, or built mails; the counts stay, and other people's rows."""
    mailed(desk)
    bounced(desk)
    (desk.folder / "subscribers.csv").write_text(LIST.replace("unsubscribed", "active"), encoding="utf-8")
    desk("build", SLUG, "--as", "anna@mail.example")
    desk("send", SLUG, "--rehearse")
    (desk.folder / ".newsletter" / "subscribers.before.csv").write_text(LIST, encoding="utf-8")
    unrecorded = desk.folder / ".newsletter" / "unrecorded.jsonl"
    unrecorded.write_text('{"issue": "x", "number": 1, "reply": "ok <cara@mail.example>"}\n{"issue": "y"}\n', encoding="utf-8")
    counts = desk("status", SLUG, "--json").object
    done = desk("subscribers", "forget", "Cara@mail.example", "--yes")
    assert done.code == 0, done.err
    text = (desk.folder / "subscribers.csv").read_text(encoding="utf-8")
    others = "cara@mail.example.org,Carla,Diaz,,website,2026-02-02,,\n"
    assert text == "".join(LIST.splitlines(keepends=True)[line] for line in (0, 1, 2)) + (
        "ben@post.example,Ben,Diaz,,website,2026-02-02,,\n" + others + "cara@mail,Cara,Diaz,,website,2026-02-02,,\n"
    )
    (desk.folder / "subscribers.csv").write_text(text.replace(others, ""), encoding="utf-8")
    held = holding(desk.folder, CARA)
    assert held == [".newsletter/ledger.sqlite"]  # Carla's, which begins in the same way
    assert holding(desk.folder, "cara@mail.example.org") == held
    assert unrecorded.read_text(encoding="utf-8") == '{"issue": "y"}\n'
    assert (desk.folder / "build" / SLUG).exists()
    after = desk("status", SLUG, "--json").object
    assert {name: counts[name] for name in ("sent", "refused", "skipped")} == {
        name: after[name] for name in ("sent", "refused", "skipped")
    }


def test_after_erasing_nobody_mails_them_again(desk: Desk) -> None:
    """The report says no more than that they were erased; a list with them leaves them out; erasing again is nothing."""
    mailed(desk)
    desk("suppress", CARA)
    assert desk("subscribers", "forget", CARA, "--yes").code == 0
    assert holding(desk.folder, "cara@mail.example,") == []
    report = desk("subscribers", "report", CARA)
    assert "This person was erased on request" in report.out
    assert SLUG not in report.out
    desk.write_list("Cara@mail.example,Cara,,", "ben@post.example,Ben,,")
    (desk.folder / "issues" / "other.yaml").write_text(
        (desk.folder / "issues" / f"{SLUG}.yaml").read_text(encoding="utf-8").replace("Stretch a", "Stretch another"),
        encoding="utf-8",
    )
    assert desk("send", "other", "--dry-run", "--json").object["to_send"] == 1
    desk.write_list("ben@post.example,Ben,,")
    again = desk("subscribers", "forget", CARA)
    assert again.code == 0
    assert "They were erased already" in again.out


def test_an_import_does_not_bring_them_back(desk: Desk) -> None:
    """The next export of the practice system still has them; they do not come onto the list."""
    desk("subscribers", "forget", CARA, "--yes")
    export = desk.folder / "export.csv"
    export.write_text("Email,First Name,Last Name\ncara@mail.example,Cara,Diaz\nzoe@mail.example,Zoe,Li\n", encoding="utf-8")
    done = desk("subscribers", "import", str(export), "--yes")
    assert done.code == 0, done.err
    listed = (desk.folder / "subscribers.csv").read_text(encoding="utf-8")
    assert "zoe@mail.example" in listed
    assert CARA not in listed
    told = desk("subscribers", "forget", CARA)
    assert "Still in" in told.out
    assert "export.csv" in told.out


def test_erasing_that_breaks_off_leaves_them_unmailed(desk: Desk) -> None:
    """The ledger comes first: where the list cannot be written they are erased there, and the same command finishes it later."""
    mailed(desk)
    in_the_way = desk.folder / ".newsletter" / "subscribers.before.csv"
    in_the_way.mkdir()
    broken = desk("subscribers", "forget", "anna@mail.example", "--yes")
    assert broken.code == 1
    assert "cannot be written" in broken.err
    assert "anna@mail.example" in (desk.folder / "subscribers.csv").read_text(encoding="utf-8")
    left_out = desk("send", SLUG, "--dry-run", "--json").object["left_out"]
    assert [row["kind"] for row in left_out if row["line"] == 2] == ["forgotten"]
    in_the_way.rmdir()
    assert desk("subscribers", "forget", "anna@mail.example", "--yes").code == 0
    assert "\nanna@mail.example" not in (desk.folder / "subscribers.csv").read_text(encoding="utf-8")


def test_erasing_asks_first(desk: Desk) -> None:
    """It shows what goes and wants a yes; Enter, or nobody to ask, erases nothing."""
    ours, theirs = pty.openpty()
    try:
        process = desk.begin("subscribers", "forget", PEOPLE[0], stdin=theirs)
        os.write(ours, b"\n")
        done = ended(process)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.code == 1
    assert "line 2 of subscribers.csv: Anna" in " ".join(done.out.split())
    assert "Nothing was changed." in done.err
    unasked = desk("subscribers", "forget", PEOPLE[0])
    assert unasked.code == 1
    assert "add --yes" in unasked.err
    assert PEOPLE[0] in (desk.folder / "subscribers.csv").read_text(encoding="utf-8")


def test_a_row_that_runs_into_the_next_is_not_erased_with_it(desk: Desk) -> None:
    """Where a quotation mark is not closed nothing is erased, and the line is named; the report shows no other person's row."""
    text = 'email,first_name\nanna@mail.example,"Anna\nben@post.example,Ben\n'
    (desk.folder / "subscribers.csv").write_text(text, encoding="utf-8")
    done = desk("subscribers", "forget", "anna@mail.example", "--yes")
    assert done.code == 1
    assert "subscribers.csv:2:" in done.err
    assert (desk.folder / "subscribers.csv").read_text(encoding="utf-8") == text
    report = desk("subscribers", "report", "anna@mail.example").out
    assert "Anna" in report
    assert "ben@post.example" not in report


def test_erasing_says_so_where_another_program_still_holds_what_was(tmp_path: Path) -> None:
    """A reader keeps the old bytes in the log: that is said, not hidden; once it is gone the same command finishes."""
    ledger = ledger_in(tmp_path)
    plan(ledger, [CARA, "ben@post.example"])
    reader = Ledger.reading(ledger.path)
    assert reader
    rows = reader.rows("SELECT address FROM recipient")
    next(rows)
    list(ledger.rows("PRAGMA busy_timeout = 50"))
    keys = practice_keys(tmp_path)
    with pytest.raises(LedgerUnusable, match="Another program"):
        forget(ledger, keys, CARA, 1.0)
    del rows
    reader.close()
    forget(ledger, keys, CARA, 2.0)
    assert holding(tmp_path, CARA) == []
    assert [(one.who, one.at) for one in Suppressions(ledger).by_code()] == [(keys.code(CARA), 1.0)]
