"""Holds what `newsletter suppressions` lists, and how opt-outs that were made elsewhere come home."""

from __future__ import annotations

import itertools
import json
import random
import stat
from pathlib import Path

import pytest
from desks import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mailings import NOW, ledger_in
from typing_commands import QuickDesk

from newsletter.ledger.journal import BACK, Journal
from newsletter.ledger.keys import practice_keys
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.listen.opt_out_file import Event, join

ANNA, BEN, CARA = "anna@mail.example", "ben@post.example", "cara@mail.example"
LEFT = str(Kind.OPTED_OUT)


@pytest.fixture
def desk(quick_desk: Desk) -> Desk:
    """Its commands need no processes of their own."""
    return quick_desk


@pytest.fixture
def keyed(desk: Desk) -> Desk:
    """A practice that has sent something."""
    practice_keys(desk.folder)
    return desk


def listed(desk: Desk) -> dict[str, str]:
    """Address and kind of everybody suppressed."""
    return {row["email"]: row["kind"] for row in json.loads(desk("suppressions", "--json").out)}


def stamp(second: int) -> str:
    """A time of an event."""
    return f"2026-12-01T09:{second // 60:02}:{second % 60:02}.000000+00:00"


def file_of(path: Path, *events: Event) -> Path:
    """A file as --export writes it."""
    path.write_text("code,kind,at\n" + "".join(f"{event.code},{event.kind},{event.at}\n" for event in events))
    return path


def test_everybody_is_listed_with_kind_and_reason(keyed: Desk) -> None:
    """By address or by code: codes of people on the list or the record are shown as their addresses, others say what is known."""
    keys = practice_keys(keyed.folder)
    ledger = ledger_in(keyed.folder)
    suppressions = Suppressions(ledger)
    keyed("suppress", BEN, "--reason", "moved to Reno")
    suppressions.opt_out(keys.code(ANNA), "opted out by the link in a mail", NOW, "page")
    suppressions.opt_out(keys.code("gone@mail.example"), "opted out by the link in a mail", NOW + 1, "page")
    with ledger.transaction():
        suppressions.note(Suppressed(keys.code(CARA), Kind.FORGOTTEN, "erased on request", NOW + 2), "command")
    ledger.close()
    rows = json.loads(keyed("suppressions", "--json").out)
    assert {(row["email"], row["kind"], row["reason"]) for row in rows} == {
        (BEN, "asked", "moved to Reno"),
        (ANNA, "opted out", "opted out by the link in a mail"),
        ("", "opted out", "opted out by the link in a mail"),
        ("", "forgotten", "erased on request"),
    }
    said = keyed("suppressions").out
    assert CARA not in said
    assert "(no longer on the list)" in said
    assert "(erased on request)" in said
    assert "asked: moved to Reno" in said
    assert max(map(len, said.splitlines()[:-1])) <= 80
    assert "4 people." in said


def test_opt_outs_of_a_server_come_home(keyed: Desk, tmp_path: Path) -> None:
    """Exported there without an address, imported here once or twice: the same people are out, and who came back is back."""
    server = tmp_path / "server"
    keyed("keys", "for-server", str(server))
    away, keys = QuickDesk(server, keyed.server), practice_keys(keyed.folder)
    there = ledger_in(server)
    for address in (ANNA, BEN):
        Suppressions(there).opt_out(keys.code(address), "opted out by the link in a mail", NOW, "page")
    path = tmp_path / "opt-outs.csv"
    assert away("suppressions", "--export", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "@" not in path.read_text()
    assert "2 people opted out, 0 subscribed again" in keyed("suppressions", "--import", str(path)).out
    assert "0 people opted out, 0 subscribed again; 2 lines" in keyed("suppressions", "--import", str(path)).out
    assert listed(keyed) == {ANNA: LEFT, BEN: LEFT}
    Suppressions(there).opt_in(keys.code(BEN), NOW + 60, "page")
    there.close()
    assert away("suppressions", "--export", str(path)).code == 0
    assert "0 people opted out, 1 subscribed again" in keyed("suppressions", "--import", str(path)).out
    assert listed(keyed) == {ANNA: LEFT}
    assert keyed("send", "stretch", "--dry-run", "--json").object["waiting"] == 4
    assert "known by a code" in away("suppressions").out


def test_an_import_lifts_nothing_that_the_person_cannot_lift(keyed: Desk, tmp_path: Path) -> None:
    """Who subscribed again had an earlier opt-out by link: a wish told to the practice, an erasure and a later one stay."""
    keys = practice_keys(keyed.folder)
    ledger = ledger_in(keyed.folder)
    suppressions = Suppressions(ledger)
    keyed("suppress", ANNA)
    with ledger.transaction():
        suppressions.note(Suppressed(keys.code(BEN), Kind.FORGOTTEN, "erased on request", NOW), "command")
    suppressions.opt_out(keys.code(CARA), "opted out by mail", NOW, "inbox")
    early = "2026-12-01T09:00:00.000000+00:00"  # NOW is in 2027
    path = file_of(tmp_path / "x.csv", *(Event(early, BACK, keys.code(who)) for who in (ANNA, BEN, CARA)))
    assert keyed("suppressions", "--import", str(path)).code == 0
    assert {one.who for one in suppressions.by_code()} == {keys.code(BEN), keys.code(CARA)}
    assert {one.who for one in suppressions.by_address()} == {ANNA}
    ledger.close()


def test_a_later_mail_outweighs_an_earlier_return(keyed: Desk, tmp_path: Path) -> None:
    """Left and came back by the link, then wrote STOP: the file that comes home after that mail does not undo it."""
    code, at = practice_keys(keyed.folder).code(ANNA), Event(stamp(0), LEFT, "").seconds
    ledger = ledger_in(keyed.folder)
    Suppressions(ledger).opt_out(code, "by the link", at + 10, "page")
    Suppressions(ledger).add([ANNA], "wrote STOP", at + 30, Kind.OPTED_OUT, "inbox")
    ledger.close()
    path = file_of(tmp_path / "opt-outs.csv", Event(stamp(10), LEFT, code), Event(stamp(20), BACK, code))
    assert "0 people opted out, 0 subscribed again" in keyed("suppressions", "--import", str(path)).out
    assert listed(keyed) == {ANNA: LEFT}


def test_who_was_taken_on_anew_stays(keyed: Desk, tmp_path: Path) -> None:
    """The same old opt-out in the next export does not undo what the practice wrote down after it."""
    keys = practice_keys(keyed.folder)
    path = file_of(tmp_path / "x.csv", Event(stamp(0), LEFT, keys.code(ANNA)))
    keyed("suppressions", "--import", str(path))
    ledger = ledger_in(keyed.folder)
    with ledger.transaction():
        Suppressions(ledger).lift([ANNA], NOW, "command")
    ledger.close()
    keyed("suppressions", "--import", str(path))
    assert listed(keyed) == {}


def test_broken_lines_are_named_and_the_others_taken(keyed: Desk, tmp_path: Path) -> None:
    """Each with its line and what would be right; codes of another practice are refused; exit code 1."""
    good = Event(stamp(0), LEFT, practice_keys(keyed.folder).code(ANNA))
    strange = practice_keys(tmp_path / "another").code(ANNA)
    path = file_of(tmp_path / "opt-outs.csv", good)
    with path.open("a") as stream:
        stream.write(f"{strange},opted out,{stamp(0)}\n=cmd|x,opted out,{stamp(0)}\n\n{good.code},optedout,{stamp(0)}\n")
        stream.write(f"{good.code},opted out,yesterday\n{good.code},opted out,2026-12-01T09:00:00\n{good.code}\n")
    done = keyed("suppressions", "--import", str(path))
    assert done.code == 1
    found = [line.partition(": ")[0].rpartition(":")[2] for line in done.err.splitlines()]
    assert found == ["3", "4", "6", "7", "8", "9"]
    assert "this practice does not have" in done.err
    assert 'Did you mean "opted out"?' in done.err
    assert listed(keyed) == {ANNA: LEFT}


def test_an_export_overwrites_only_its_like(keyed: Desk, tmp_path: Path) -> None:
    """A file of something else is left alone; where nobody opted out there is nothing to write."""
    assert "nothing to write" in keyed("suppressions", "--export", str(tmp_path / "x.csv")).err
    ledger_in(keyed.folder).close()
    other = tmp_path / "patients.csv"
    other.write_text("email\nanna@mail.example\n")
    assert keyed("suppressions", "--export", str(other)).code == 1
    assert other.read_text() == "email\nanna@mail.example\n"
    for _ in range(2):
        assert keyed("suppressions", "--export", str(tmp_path / "x.csv")).code == 0
    assert list(tmp_path.glob(".opt-outs-*")) == []


MAILCHIMP = (
    '"Email Address","First Name",OPTIN_TIME,UNSUB_TIME,UNSUB_REASON\nAnna@mail.example,Anna,2020-01-01,2026-01-01,"no, thanks"\n'
)
CONSTANT_CONTACT = "First name,Email address,Email status,Opt-out date\n"
CONSTANT_CONTACT += "Anna,anna@mail.example,Unsubscribed,01/02/2026\nBen,ben@post.example,Active,\n"
LISTMONK = "uuid,email,name,attributes,status\n1,anna@mail.example,Anna,{},blocklisted\n2,ben@post.example,Ben,{},enabled\n"
BARE = "anna@mail.example\nAnna@Mail.Example\n"


@pytest.mark.parametrize(
    "text", [MAILCHIMP, CONSTANT_CONTACT, LISTMONK, BARE], ids=["Mailchimp", "Constant Contact", "listmonk", "bare"]
)
def test_people_who_left_at_another_mailer(keyed: Desk, tmp_path: Path, text: str) -> None:
    """Their file is taken as it is, asked for first; rows that say "active" are left alone; the journal names the file."""
    path = tmp_path / "unsubscribed.csv"
    path.write_text(text)
    done = keyed("suppressions", "--import", str(path))
    assert (done.code, listed(keyed)) == (1, {})
    assert "1 address in" in done.out
    done = keyed("suppressions", "--import", str(path), "--yes")
    assert (done.code, listed(keyed)) == (0, {ANNA: LEFT}), done.err
    ledger = ledger_in(keyed.folder)
    (line,) = Journal(ledger).of(ANNA)
    ledger.close()
    assert (line.source, line.detail) == ("import", f"unsubscribed.csv, line {2 - (text is BARE)}")


def test_a_list_that_cannot_be_understood_is_refused(keyed: Desk, tmp_path: Path) -> None:
    """No column of addresses, no such file, an unknown status, a bad address: said with the line, and nobody else is harmed."""
    path = tmp_path / "x.csv"
    path.write_text("name,phone\nAnna,555\n")
    assert "no column holds addresses" in keyed("suppressions", "--import", str(path), "--yes").err
    assert "cannot be read" in keyed("suppressions", "--import", str(tmp_path / "none.csv")).err
    path.write_text("email,status\nanna@mail.example,unsubscribed\nben@post.example,purple\ncara@@mail,unsubscribed\n")
    done = keyed("suppressions", "--import", str(path), "--yes")
    assert done.code == 1
    assert "purple" in done.err
    assert [line.partition(": ")[0].rpartition(":")[2] for line in done.err.splitlines()] == ["3", "4"]
    assert "0 addresses added; 1 were kept out already." in keyed("suppressions", "--import", str(path), "--yes").out
    assert listed(keyed) == {ANNA: LEFT}


NUMBERS = itertools.count()
EVENTS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([LEFT, BACK]), st.integers(0, 1)), max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.randoms(use_true_random=False), st.integers(0, 8))
def test_files_in_any_order_end_the_same(
    tmp_path: Path, told: list[tuple[int, str, int]], chance: random.Random, cut: int
) -> None:
    """However events are spread over files, and whichever comes first or twice, the latest word of each person holds."""
    keys = practice_keys(tmp_path)
    events = [Event(stamp(at), kind, keys.code(f"{who}@mail.example")) for at, kind, who in told]
    shuffled = list(events)
    chance.shuffle(shuffled)
    ends = []
    for order in ([events], [shuffled[:cut], shuffled[cut:], shuffled[:cut]]):
        ledger = Ledger.open(tmp_path / ".newsletter" / f"{next(NUMBERS)}.sqlite")
        for file in order:
            join(ledger, file)
        ends.append({one.who for one in Suppressions(ledger).by_code()})
        ledger.close()
    latest = {code: max((e for e in events if e.code == code), key=lambda e: e.order) for code in {e.code for e in events}}
    assert ends == [{code for code, event in latest.items() if event.kind == LEFT}] * 2
