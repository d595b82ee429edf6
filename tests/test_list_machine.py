"""Holds the list's first promise against every order of events: nobody who must not be mailed is ever planned or claimed."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from conftest import make_practice_folder
from desks import ISSUE, SLUG
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from newsletter.cli import run
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.ledger.bounces import Bounce, Bounces, Weight
from newsletter.ledger.keys import practice_keys, rotate
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import OPEN
from newsletter.ledger.suppressions import Suppressions
from newsletter.listen.acquaintances import Acquaintances
from newsletter.listen.arrival import understand
from newsletter.listen.consequences import Consequences, Letter
from newsletter.read.subscribers import SubscriberList
from newsletter.send.plan import Planner

ADDRESSES = ["anna@mail.example", "ben@post.example", "family@mail.example"]
NOW = 1_800_000_000.0
SOMEBODY = st.sampled_from(ADDRESSES)
SPELLED = st.builds(lambda key, spell: spell(key), SOMEBODY, st.sampled_from([str, str.upper, str.title]))
NAMES = st.sampled_from(["Anna", "Ben", "Mia", ""])
# What a row says, and whether it forbids its address (not only its person).
STATES = {
    "": False,
    "active": False,
    "deceased": False,
    "inactive": False,
    "unsubscribed": True,
    "Bounced": True,
    "opted out": True,
}
ROWS = st.lists(st.tuples(SPELLED, NAMES, st.sampled_from(list(STATES))), max_size=5)
STATES_OF_EXPORTS = st.sampled_from(["", "Active", "Inactive", "Deceased", "Unsubscribed"])
EXPORTS = st.lists(st.tuples(SPELLED, NAMES, st.sampled_from(["", "Yes", "No"]), STATES_OF_EXPORTS), min_size=1, max_size=4)


class ListMachine(RuleBasedStateMachine):
    """One practice: its list, its ledger, its commands and its opt-out page, with what a careful observer knows beside it."""

    @initialize()
    def begin(self) -> None:
        """A practice with an empty list."""
        self.place = tempfile.TemporaryDirectory()
        self.folder = make_practice_folder(Path(self.place.name) / "practice")
        (self.folder / "issues" / f"{SLUG}.yaml").write_text(ISSUE, encoding="utf-8")
        self.list = self.folder / "subscribers.csv"
        self.write(self.list, ["email", "first_name", "status"], [])
        self.mail = PracticeFolder(self.folder).mail(SLUG)
        self.now = NOW
        self.by_link: dict[str, set[str]] = {key: set() for key in ADDRESSES}  # with which codes they opted out
        self.barred: set[str] = set()  # who is out until the practice itself brings them back
        self.gone: set[str] = set()  # who was erased
        practice_keys(self.folder)

    def teardown(self) -> None:
        """Lets go of the folder."""
        if hasattr(self, "place"):
            self.place.cleanup()

    def write(self, path: Path, titles: list[str], rows: list[tuple[str, ...]]) -> None:
        """A CSV file."""
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([titles, *rows])

    def type(self, *words: str) -> int:
        """Runs a command; none may fail for another reason than one that a person can put right."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run(["-C", str(self.folder), *words])
        assert code in (0, 1), out.getvalue()
        return code

    def with_ledger(self, act: Callable[[Ledger], object]) -> None:
        """Does something in the open ledger."""
        self.now += 60
        with contextlib.closing(Ledger.open(ledger_file(self.folder))) as ledger:
            act(ledger)

    @rule(rows=ROWS)
    def somebody_edits_the_list(self, rows: list[tuple[str, ...]]) -> None:
        """The list is whatever somebody made of it in a spreadsheet."""
        self.write(self.list, ["email", "first_name", "status"], rows)

    @rule(rows=EXPORTS)
    def an_export_comes(self, rows: list[tuple[str, ...]]) -> None:
        """An import of an export with opt-outs and states."""
        path = self.folder / "export.csv"
        self.write(path, ["Email", "First Name", "Do Not Email", "Status"], rows)
        self.type("subscribers", "import", str(path), "--consent", "form", "--yes")
        self.barred |= {email.lower() for email, _, out, state in rows if out == "Yes" or state == "Unsubscribed"}

    @rule()
    def the_list_goes_round(self) -> None:
        """What was exported comes back in."""
        self.type("subscribers", "export", str(self.folder / "all.csv"), "--all", "--yes")
        if (self.folder / "all.csv").exists():
            self.type("subscribers", "import", str(self.folder / "all.csv"), "--yes")
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "all.csv").unlink()

    @rule(key=SPELLED, name=NAMES, again=st.booleans())
    def somebody_is_added(self, key: str, name: str, again: bool) -> None:
        """By the practice; with --again it brings back whoever left."""
        asked = ["--again"] if again else []
        code = self.type("subscribers", "add", key, "--first-name", name, "--consent", "asked at the desk", *asked)
        if again and code == 0:
            self.by_link[key.lower()].clear()
            self.barred.discard(key.lower())
            self.gone.discard(key.lower())

    @rule(key=SPELLED)
    def somebody_is_removed(self, key: str) -> None:
        """Taken off the list, not to come back."""
        if self.type("subscribers", "remove", key, "--yes") == 0:
            self.barred.add(key.lower())

    @rule(key=SPELLED)
    def somebody_is_suppressed(self, key: str) -> None:
        """By command."""
        assert self.type("suppress", key) == 0
        self.barred.add(key.lower())

    @rule(key=SOMEBODY)
    def somebody_is_forgotten(self, key: str) -> None:
        """Erased on request."""
        if self.type("subscribers", "forget", key, "--yes") == 0:
            self.gone.add(key)
            self.barred.discard(key)
            self.by_link[key].clear()

    @rule(key=SOMEBODY, old=st.booleans(), back=st.booleans())
    def somebody_uses_their_link(self, key: str, old: bool, back: bool) -> None:
        """From a new mail or an old one, to leave or to come back."""
        code = practice_keys(self.folder).codes(key)[-1 if old else 0]

        def act(ledger: Ledger) -> None:
            if back:
                Suppressions(ledger).opt_in(code, self.now, "page")
                self.by_link[key].discard(code)
            else:
                Suppressions(ledger).opt_out(code, "by link", self.now, "page")
                self.by_link[key].add(code)

        self.with_ledger(act)

    @rule(key=SOMEBODY, by_token=st.booleans())
    def somebody_opts_out_by_mail(self, key: str, by_token: bool) -> None:
        """By what List-Unsubscribe asks for, or in their own words."""
        subject = f"unsubscribe {practice_keys(self.folder).token(key)}" if by_token else "STOP"
        text = f"From: {key}\r\nTo: news@riverbend.example\r\nSubject: {subject}\r\nMessage-ID: <{self.now}@mail.example>\r\n\r\n"

        def act(ledger: Ledger) -> None:
            people = Acquaintances(ledger, self.list)
            known = by_token or people.has(key)
            arrival = understand(text.encode() + b"\r\n", "news@riverbend.example")
            with ledger.transaction():
                consequences = Consequences(ledger, people, lambda: self.now, keeps_message_ids=True)
                list(consequences.of(Letter(self.now + 1e9, arrival, "x", answered=False), {}))
            if known and key not in self.gone:
                self.barred.add(key)

        self.with_ledger(act)

    @rule(key=SOMEBODY)
    def a_mail_comes_back(self, key: str) -> None:
        """For good."""

        def act(ledger: Ledger) -> None:
            with ledger.transaction():
                Bounces(ledger).note(Bounce(f"{self.now}", key, Weight.HARD, "5.1.1", "", self.now), "inbox")
            self.barred.add(key)

        self.with_ledger(act)

    @rule()
    def the_key_is_changed(self) -> None:
        """Old links keep their meaning."""
        if len(practice_keys(self.folder).secrets) < 3:
            rotate(self.folder)

    @rule()
    def a_send_begins(self) -> None:
        """A plan in the real ledger, that later ones find there."""

        def act(ledger: Ledger) -> None:
            with ledger.transaction():
                mailing = self.planned(ledger)
            assert not self.out & {recipient.address_key for recipient in mailing.claim(self.now, 100)}

        self.with_ledger(act)

    def planned(self, ledger: Ledger) -> Mailing:
        """The mailing as a plan leaves it."""
        return Planner(self.mail, SubscriberList(self.list, self.folder)).plan(ledger, self.now).mailing

    @property
    def out(self) -> set[str]:
        """Who must not be mailed, as the observer knows it."""
        with self.list.open(encoding="utf-8-sig", newline="") as stream:
            said = {
                row["email"].lower() for row in csv.DictReader(stream) if STATES.get(row["status"]) or row["status"] in REFUSING
            }
        return said | self.barred | self.gone | {key for key, codes in self.by_link.items() if codes}

    @invariant()
    def nobody_is_planned_who_must_not_be_mailed(self) -> None:
        """Not by a plan of now, and not among those whom an earlier plan left waiting once they are claimed."""
        if not hasattr(self, "folder"):
            return
        with contextlib.closing(Ledger.unwritten(ledger_file(self.folder))) as ledger:
            if known := Mailing.find(ledger, SLUG):
                assert not self.out & {recipient.address_key for recipient in known.claim(self.now, 100)}
            with ledger.transaction():
                mailing = self.planned(ledger)
            assert not self.out & {recipient.address_key for recipient in mailing.recipients(*OPEN)}
            waiting = [recipient.address_key for recipient in mailing.recipients()]
            assert len(set(waiting) - {"forgotten"}) == len([key for key in waiting if key != "forgotten"])


REFUSING = ("unsubscribed", "bounced", "complained")  # what an import writes
TestList = ListMachine.TestCase
TestList.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
