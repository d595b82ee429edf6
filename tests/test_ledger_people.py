"""Holds the ledger's rules about people: suppressions by address and by code, their journal, bounces, and who is forgotten."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailings import NOW, due, intend, ledger_in, plan, record, row, statuses

from newsletter.errors import LedgerUnusable
from newsletter.ledger import database
from newsletter.ledger.bounces import Bounce, Bounces, Weight
from newsletter.ledger.forgetting import NOBODY, forget
from newsletter.ledger.journal import Journal
from newsletter.ledger.keys import (
    Keys,
    ServingKeys,
    key_file,
    practice_keys,
    rotate,
    serving_key_file,
    serving_keys,
    write_serving_keys,
)
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailbox import Cursor, Mailbox, Owner, last_read, owners, settle_found
from newsletter.ledger.reading import read_record
from newsletter.ledger.rows import Outcome, Status
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions

ANNA, BEN, CARA = "anna@mail.example", "ben@post.example", "cara@mail.example"
DAY = 86_400.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with the practice's keys beside it."""
    practice_keys(tmp_path)
    opened = ledger_in(tmp_path)
    yield opened
    opened.close()


def keys_of(ledger: Ledger) -> Keys:
    """The practice's keys."""
    return practice_keys(ledger.path.parents[1])


# Keys and tokens


def test_a_token_names_nobody_and_is_known_by_the_servers_keys(tmp_path: Path) -> None:
    """A token is the same each time, holds no address, and gives the code back to who has the serving keys alone."""
    keys = practice_keys(tmp_path)
    token = keys.token(ANNA)
    assert token == practice_keys(tmp_path).token(ANNA) != keys.token(BEN)
    assert len(token) == 34
    assert token.replace("-", "").replace("_", "").isalnum()
    assert keys.serving.code_of(token) == keys.code(ANNA)


@given(st.text(max_size=60) | st.text("ABCabc123-_", min_size=34, max_size=34))
def test_no_invented_token_is_real(token: str) -> None:
    """Whatever somebody types is not taken for a token of the practice, and nothing breaks."""
    assert Keys((b"0123456789abcdef",)).serving.code_of(token) is None


@given(st.integers(0, 33), st.sampled_from("ABCxyz09-_é"))
def test_a_changed_token_is_not_real(place: int, letter: str) -> None:
    """One letter changed makes a token nobody's."""
    keys = Keys((b"0123456789abcdef",))
    token = keys.token(ANNA)
    changed = token[:place] + letter + token[place + 1 :]
    assert keys.serving.code_of(changed) == (keys.code(ANNA) if changed == token else None)


def test_old_links_work_after_the_key_was_changed(tmp_path: Path) -> None:
    """A new key makes new tokens; the old ones still stand for the same person, and other practices' never do."""
    old = practice_keys(tmp_path).token(ANNA)
    assert rotate(tmp_path) == 2
    keys = practice_keys(tmp_path)
    assert keys.token(ANNA) != old
    assert [keys.serving.code_of(token) for token in (keys.token(ANNA), old)] == list(keys.codes(ANNA))
    assert Keys((b"another practice",)).serving.code_of(old) is None
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600


def test_a_server_elsewhere_gets_no_secret_of_the_practice(tmp_path: Path) -> None:
    """Its file tells real tokens, but holds no key by which an address could be found."""
    home, server = tmp_path / "home", tmp_path / "server"
    keys = practice_keys(home)
    path = write_serving_keys(home, server)
    assert path == serving_key_file(server)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.secrets[0].hex() not in path.read_text()
    assert serving_keys(server) == serving_keys(home) == keys.serving
    assert serving_keys(tmp_path) is None


def test_secrets_are_not_printed() -> None:
    """Keys do not show themselves in messages or traces."""
    assert "0123" not in repr(Keys((b"0123456789abcdef",))) + repr(ServingKeys((b"0123456789abcdef",)))


# Suppressions


def test_a_code_holds_at_plan_claim_and_intent(ledger: Ledger) -> None:
    """Who opted out by link is not planned, not claimed and not sent to, also between claim and intent."""
    suppressions, keys = Suppressions(ledger), keys_of(ledger)
    suppressions.opt_out(keys.code(ANNA), "by link", NOW, "page")
    mailing = plan(ledger, [ANNA, BEN, CARA])
    assert statuses(mailing) == {ANNA: "skipped", BEN: "waiting", CARA: "waiting"}
    assert row(mailing, ANNA).reply == "by link"
    claimed = due(mailing)
    suppressions.opt_out(keys.code(BEN), "by link", NOW, "page")
    assert [r.address for r in due(mailing)] == [CARA]
    assert [intend(mailing, recipient) for recipient in claimed] == [False, True]


def test_an_address_in_capitals_has_the_same_code(ledger: Ledger) -> None:
    """A code stands for every spelling of the address."""
    Suppressions(ledger).opt_out(keys_of(ledger).code(ANNA), "by link", NOW, "page")
    assert statuses(plan(ledger, [ANNA.upper()])) == {ANNA.upper(): "skipped"}


def test_a_code_of_an_older_key_still_holds(ledger: Ledger) -> None:
    """Who opted out before the key was changed stays out."""
    Suppressions(ledger).opt_out(keys_of(ledger).code(ANNA), "by link", NOW, "page")
    rotate(ledger.path.parents[1])
    ledger.close()
    again = Ledger.open(ledger.path)
    assert Suppressions(again).of(ANNA)
    assert statuses(plan(again, [ANNA, BEN])) == {ANNA: "skipped", BEN: "waiting"}
    record_of = read_record(ledger.path.parents[1], "issue")
    assert [record_of.suppressed(address) for address in (ANNA, BEN)] == [True, False]
    again.close()


@pytest.mark.parametrize("harm", ["lost", "another"])
def test_without_the_key_of_a_code_nobody_is_planned(ledger: Ledger, harm: str) -> None:
    """Where the key is lost or another one, nobody could tell who opted out: the plan is refused with what to do."""
    Suppressions(ledger).opt_out(keys_of(ledger).code(ANNA), "by link", NOW, "page")
    ledger.close()
    path = key_file(ledger.path.parents[1])
    path.unlink()
    if harm == "another":
        practice_keys(ledger.path.parents[1])
    again = Ledger.open(ledger.path)
    with pytest.raises(LedgerUnusable, match="key is missing") as refused:
        plan(again, [ANNA, BEN])
    assert "backup" in refused.value.next_step
    again.close()


def test_a_person_lifts_only_their_own_opt_out(ledger: Ledger) -> None:
    """ "Subscribe again" lifts the opt-out by link; not what the practice typed, a bounce, a complaint or an erasure."""
    suppressions, code = Suppressions(ledger), keys_of(ledger).code(ANNA)
    assert suppressions.opt_out(code, "by link", NOW, "page")
    assert not suppressions.opt_out(code, "by link", NOW + 1, "page")
    suppressions.add([ANNA], "asked at the desk", NOW)
    assert suppressions.opt_in(code, NOW + 2, "page")
    assert not suppressions.opt_in(code, NOW + 3, "page")
    found = suppressions.of(ANNA)
    assert found
    assert found.kind is Kind.ASKED
    forget(ledger, keys_of(ledger), ANNA, NOW)
    assert not suppressions.opt_in(code, NOW + 4, "page")
    assert not suppressions.opt_out(code, "by link", NOW + 5, "page")
    assert suppressions.add([ANNA], "asked at the desk", NOW + 6) == 0
    assert list(suppressions.by_address()) == []
    assert suppressions.of(ANNA) == Suppressed(code, Kind.FORGOTTEN, "erased on request", NOW)


def test_the_link_lifts_what_the_person_wrote_by_mail_too(ledger: Ledger) -> None:
    """Who wrote STOP is out by address; their own link knows that, and takes it back."""
    suppressions, code = Suppressions(ledger), keys_of(ledger).code(ANNA)
    suppressions.add([ANNA, BEN], "asked by mail", NOW, Kind.OPTED_OUT, "inbox")
    found = suppressions.of_code(code)
    assert found
    assert found.who == ANNA
    assert suppressions.opt_in(code, NOW + 1, "page")
    assert [one.who for one in suppressions.by_address()] == [BEN]


def test_a_return_does_not_lift_what_was_said_after_it(ledger: Ledger) -> None:
    """Who wrote STOP before and after they came back on a server's page stays out when the page's file comes home late."""
    suppressions, code = Suppressions(ledger), keys_of(ledger).code(ANNA)
    suppressions.add([ANNA], "asked by mail", NOW, Kind.OPTED_OUT, "inbox")
    suppressions.add([ANNA], "asked by mail", NOW + 20, Kind.OPTED_OUT, "inbox")
    assert not suppressions.opt_in(code, NOW + 10, "page")
    assert suppressions.of(ANNA)
    assert suppressions.opt_in(code, NOW + 30, "page")


def test_the_weightier_reason_stays(ledger: Ledger) -> None:
    """A complaint outweighs a bounce, and a bounce that comes later does not take its place."""
    suppressions = Suppressions(ledger)
    assert suppressions.add([ANNA], "no such mailbox", NOW, Kind.BOUNCED) == 1
    assert suppressions.add([ANNA], "called it spam", NOW + 1, Kind.COMPLAINED) == 0
    assert suppressions.add([ANNA], "no such mailbox", NOW + 2, Kind.BOUNCED) == 0
    assert list(suppressions.by_address()) == [Suppressed(ANNA, Kind.COMPLAINED, "called it spam", NOW + 1)]


def test_every_change_has_a_line_in_the_journal(ledger: Ledger) -> None:
    """Who, what, when and where it came from; a change that changes nothing writes none."""
    suppressions, code = Suppressions(ledger), keys_of(ledger).code(BEN)
    for turn in range(2):
        suppressions.add([ANNA], "asked by phone", NOW + turn)
        suppressions.opt_out(code, "by link", NOW + turn, "page")
    suppressions.opt_in(code, NOW + 2, "page")
    with ledger.transaction():
        suppressions.lift([ANNA, CARA], NOW + 3, "subscribers add")
    lines = [(change.who, change.what, change.source, change.at - NOW) for change in Journal(ledger).all()]
    assert lines == [
        (ANNA, "suppressed: asked", "command", 0),
        (code, "suppressed: opted out", "page", 0),
        (code, "subscribed again", "page", 2),
        (ANNA, "suppression lifted", "subscribers add", 3),
    ]
    assert [change.what for change in Journal(ledger).of(BEN, code)] == ["suppressed: opted out", "subscribed again"]


# Bounces


def bounce(ledger: Ledger, day: float, issue: str, weight: Weight = Weight.SOFT, event: str = "") -> bool:
    """A mail to Anna that came back on a day; whether it was new."""
    with ledger.transaction():
        made = Bounce(event or f"{day}-{issue}", ANNA, weight, "4.2.2", issue, NOW + day * DAY)
        return Bounces(ledger).note(made, "inbox")


def test_a_hard_bounce_suppresses_at_once_and_counts_once(ledger: Ledger) -> None:
    """One mail that says that there is no such mailbox is enough; reading it again changes nothing."""
    assert bounce(ledger, 0, "a", Weight.HARD, "x")
    assert not bounce(ledger, 0, "a", Weight.HARD, "x")
    assert [(one.who, one.kind) for one in Suppressions(ledger).by_address()] == [(ANNA, Kind.BOUNCED)]
    assert len(list(Bounces(ledger).of(ANNA))) == 1
    assert len(list(Journal(ledger).of(ANNA))) == 1


@pytest.mark.parametrize(
    ("days", "issues", "out"),
    [
        ((0, 5, 10, 15, 30), "aabbc", True),
        ((0, 5, 10, 15, 20), "aabbb", False),
        ((0, 5, 10, 15), "abcd", False),
        ((0, 5, 10, 15, 30.5), "aabbc", False),
        ((30, 15, 10, 5, 0), "cbbaa", True),
        ((0, 40, 50, 55, 60, 65), "aabbcc", True),
    ],
)
def test_soft_bounces_count_in_thirty_days_over_three_issues(
    ledger: Ledger, days: tuple[float, ...], issues: str, out: bool
) -> None:
    """Five within thirty days from three issues, in whatever order they are read."""
    for day, issue in zip(days, issues, strict=True):
        bounce(ledger, day, issue)
    assert bool(Suppressions(ledger).of(ANNA)) is out


def test_refusals_by_policy_never_count(ledger: Ledger) -> None:
    """However often a server calls us spam, the address stays."""
    for day in range(20):
        bounce(ledger, day, f"issue-{day}", Weight.POLICY)
    assert Suppressions(ledger).of(ANNA) is None


# What reading a mailbox needs


def test_a_mailbox_remembers_how_far_it_was_read(ledger: Ledger) -> None:
    """By folder, and only if the transaction is committed."""
    inbox, sent = Mailbox(ledger, "inbox"), Mailbox(ledger, "sent")
    assert inbox.cursor is None
    with ledger.transaction():
        inbox.advance(Cursor(7, 12), NOW)

    def killed() -> None:
        with ledger.transaction():
            inbox.advance(Cursor(7, 99), NOW)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        killed()
    assert (inbox.cursor, sent.cursor) == (Cursor(7, 12), None)
    assert last_read(ledger) == NOW


def test_a_message_id_tells_whose_mail_it_is_and_settles_doubt(ledger: Ledger) -> None:
    """Of our Message-IDs the issue and address; one in doubt that is found counts as sent, others stay as they are."""
    mailing = plan(ledger, [ANNA, BEN])
    for recipient in due(mailing):
        assert intend(mailing, recipient)
        record(mailing, recipient, Outcome(Status.UNCERTAIN if recipient.address == ANNA else Status.SENT, NOW))
    ids = {r.address: str(r.message_id) for r in mailing.recipients()}
    assert owners(ledger, [*ids.values(), "stranger@mail.example"]) == {
        ids[ANNA]: Owner("issue", ANNA),
        ids[BEN]: Owner("issue", BEN),
    }
    with ledger.transaction():
        assert settle_found(ledger, ids[ANNA], "found in the Sent folder", NOW) == Owner("issue", ANNA)
        assert settle_found(ledger, ids[ANNA], "found in the Sent folder", NOW) is None
        assert settle_found(ledger, ids[BEN], "found in the Sent folder", NOW) is None
    assert statuses(mailing) == {ANNA: "sent", BEN: "sent"}


# Forgetting


def test_who_is_forgotten_leaves_no_trace_but_a_code(ledger: Ledger) -> None:
    """No byte of the address is left in the ledger's files; counts stay, and no list brings the person back."""
    mailing = plan(ledger, [ANNA, BEN])
    bounce(ledger, 0, "issue", Weight.HARD)
    Suppressions(ledger).add([ANNA], "asked by phone", NOW)
    other = plan(ledger, [ANNA, CARA], issue="sent")
    assert statuses(other)[ANNA] == "skipped"
    assert forget(ledger, keys_of(ledger), ANNA, NOW) == 2
    left = b"".join(path.read_bytes() for path in ledger.path.parent.iterdir())
    assert b"anna" not in left.lower()
    assert statuses(mailing) == {NOBODY: "skipped", BEN: "waiting"}
    assert statuses(plan(ledger, [ANNA, BEN])) == {NOBODY: "skipped", BEN: "waiting"}
    assert [change.what for change in Journal(ledger).all()] == ["suppressed: forgotten"]


# From version 2


def test_a_ledger_of_version_2_is_renewed(tmp_path: Path) -> None:
    """Suppressions keep their reason and time, and get the kind that the reason tells; everything else stays."""
    ledger = ledger_in(tmp_path)
    plan(ledger, [ANNA, BEN])
    ledger.close()
    path = ledger_file(tmp_path)
    with closing(sqlite3.connect(path)) as old:
        for table in ("suppression", "suppressed_code", "journal", "bounce", "mailbox"):
            old.execute(f"DROP TABLE {table}")
        old.execute("CREATE TABLE suppression (address_key TEXT PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL) STRICT")
        old.execute("INSERT INTO suppression VALUES (?, 'asked by phone', 5), (?, 'bounced: 550 5.1.1 no', 6)", (ANNA, BEN))
        old.execute("PRAGMA user_version = 2")
        old.commit()
    renewed = Ledger.open(path)
    assert renewed.value("PRAGMA user_version") == database.VERSION
    assert list(Suppressions(renewed).by_address()) == [
        Suppressed(ANNA, Kind.ASKED, "asked by phone", 5),
        Suppressed(BEN, Kind.BOUNCED, "bounced: 550 5.1.1 no", 6),
    ]
    assert statuses(plan(renewed, [ANNA, CARA])) == {ANNA: "skipped", BEN: "skipped", CARA: "waiting"}
    renewed.close()
