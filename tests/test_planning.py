"""Holds that a list is planned by one set of rules, however it is written: who gets it, who not and why."""

from __future__ import annotations

import codecs
import functools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mailings import NOW, ledger_in, statuses
from samples import HEAD, mail_of, make_practice_folder, use_probe_theme

from newsletter.compose.mail import Mail
from newsletter.compose.slots import one_line
from newsletter.errors import NothingToSend, ProblemsFound
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import GONE, OPTED_OUT, Recipient, Status
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.audience import Audience
from newsletter.read.rows import Rows, Veto
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList
from newsletter.send.plan import Plan, Planner, as_subscriber

EXAMPLES = int(os.environ.get("NEWSLETTER_EXAMPLES", "150"))
ISSUE = HEAD + (
    "subject: \"{{ first_name or 'Hello' }} {{ nickname or 'you' }}\"\n"
    "body:\n  - {heading: All, text: For everybody.}\n  - {heading: Seniors, text: For some., only_for: [seniors]}\n"
)


@functools.cache
def mail() -> Mail:
    """An issue with two merge fields and a block for a tag."""
    place = Path(tempfile.mkdtemp())
    return mail_of(use_probe_theme(make_practice_folder(place / "practice")), ISSUE)


def planner(found: SubscriberList, tag: str | None = None, wanted: Callable[[str], bool] | None = None) -> Planner:
    """A planner of that issue."""
    return Planner(mail(), found, Audience(tag), wanted)


def plan(ledger: Ledger, found: SubscriberList, tag: str | None = None, wanted: Callable[[str], bool] | None = None) -> Plan:
    """A plan as `send` makes it."""
    with ledger.transaction():
        return planner(found, tag, wanted).plan(ledger, NOW)


@contextmanager
def a_ledger() -> Iterator[tuple[Path, Ledger]]:
    """A folder with a real ledger."""
    with tempfile.TemporaryDirectory() as place:
        ledger = ledger_in(Path(place))
        ledger.change("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        try:
            yield Path(place), ledger
        finally:
            ledger.close()


def listed(folder: Path, content: str | bytes, name: str = "list.csv") -> SubscriberList:
    """A list with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return SubscriberList(path, folder)


# Lists as odd as they come: a few addresses again and again, in other letters, with whatever may stand around and beside them.
ADDRESSES = st.sampled_from(
    [
        *(
            "anna@mail.example",
            "ANNA@Mail.Example",
            "ben@mail.example",
            "o'brien@mail.example",
            "'+x@mail.example",
            "=a@b.example",
        ),
        *("anna@bücher.example", "a..b@mail.example", ".a@mail.example", "a@mail.test", "a@mail", "josé@mail.example", "", " "),
        *(
            ' "ben@mail.example"',
            '="ben@mail.example"',
            "Ben <ben@mail.example>",
            "ben@mail.example ",
            "a|b@mail.example",
            "a@b@c.d",
        ),
        *("x" * 65 + "@mail.example", "a@" + "b" * 64 + ".example", "cara@mail.example\ufeff", "\u200bcara@mail.example"),
    ]
) | st.integers(0, 9).map(lambda number: f"p{number}@post.example")
STATUSES = st.sampled_from(
    ["", "active", "Active", "opted-in", "unsubscribed", "Bounced", "Deceased", "who knows", "no", " active ", "-"]
)
TAGS = st.sampled_from(["", "seniors", "Seniors;vip", "vip|x", "a/b", "seniors\x1f", "VIP ; Seniors", "é"])
ODD = st.sampled_from(
    [
        "Anna",
        "",
        "José",
        " Anna",
        "Anna ",
        "\xa0Anna",
        "=1",
        "'t",
        "'=1",
        '="01"',
        "a\x1fb",
        "a\x0bb",
        "\u2028",
        "\ufeff",
        "5'6\"",
        "\t",
    ]
) | st.text(max_size=6)
NAMES = ODD | st.sampled_from(
    ['"Reyes, Ana"', '"a\nb"', '"a\r\nb@c.example,d"', '"x""y"', '"open', 'clo"sed', '"a" b', '"seniors;vip"']
)
ROWS = st.tuples(ADDRESSES, NAMES, TAGS, STATUSES, st.sampled_from(["", "", "", ",", ",x", '"']), st.booleans())
TITLES = st.sampled_from(
    [
        *("email,first_name,tags,status", "E-Mail,First Name,Labels,Patient Status", "email,nickname,tags,unsubscribed"),
        *("email,first_name,tags,status,status_2", "email,first_name", "first_name,tags,status,email", "email"),
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The bytes of a list."""
    titles = draw(TITLES)
    columns = titles.lower().split(",")
    lines = [draw(st.sampled_from(["", "", "", "\n", "sep={}\n"])) + titles]
    for address, name, tags, status, more, all_quoted in draw(st.lists(ROWS, max_size=12)):
        cells = [
            address if "mail" in title else tags if title in ("tags", "labels") else status if "s" in title[:7] else name
            for title in (columns if more != '"' else columns[:-1])
        ]
        if all_quoted:
            cells = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        lines.append(",".join(cells) + more)
        lines += [""] * draw(st.sampled_from([0, 0, 0, 0, 1]))
    delimiter = draw(st.sampled_from(",,,;\t|^"))
    text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines) + draw(st.sampled_from(["\n", ""]))
    text = text.replace(",", delimiter).replace("{}", delimiter)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"]))
    return text.encode(encoding, "replace") if encoding != "cp1252" else text.encode("cp1252", "ignore")


tries = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@tries
@given(content=files())
def test_a_block_says_what_its_records_say_one_by_one(content: bytes) -> None:
    """Reading many lines at once and judging them by a pattern finds the same as judging record by record with all care."""
    with tempfile.TemporaryDirectory() as place:
        try:
            found = listed(Path(place), content)
            records = list(found.file.records())[1:]
        except ProblemsFound:
            return
        forbidden: list[Veto] = []
        quickly: list[tuple[int, str, tuple[str, ...]] | LeftOut] = []
        for part in found.scan(found.columns, forbidden.append):
            if isinstance(part, LeftOut):
                quickly.append(part)
            else:
                values = zip(*part.columns, strict=True)
                quickly += zip(range(part.line, part.line + len(part.addresses)), part.addresses, values, strict=True)
        blank = found.blank_rows
        judged = [(record[0], found.judge(record)) for record in records]
        email = found.columns.index("email")
        assert [row if isinstance(row, LeftOut) else (*row[:2], row[2][:email], row[2][email + 1 :]) for row in quickly] == [
            row if isinstance(row, LeftOut) else (line, row[email], tuple(row[:email]), tuple(row[email + 1 :]))
            for line, row in judged
            if row is not None
        ]
        assert blank == sum(row is None for _, row in judged)
        alone = Rows(found.file, found.columns)
        assert forbidden == [veto for record, (_, row) in zip(records, judged, strict=True) for veto in alone.vetoes(record, row)]


@settings(tries, max_examples=EXAMPLES // 2)
@given(content=files(), other=files(), tag=st.sampled_from([None, None, "Seniors", "vip"]), seed=st.integers(1, 5))
def test_a_plan_is_what_the_rows_say(content: bytes, other: bytes, tag: str | None, seed: int) -> None:
    """A plan has the people, the rows left out and the values that reading the list row by row gives, also the second time."""
    with a_ledger() as (folder, ledger):
        try:
            found = listed(folder, content)
            found.vetoes = (listed(folder, other, "usual.csv"),)
            rows = list(found.rows())
            asked = [row for row in found.rows(Audience(tag)) if isinstance(row, Subscriber)]
        except ProblemsFound:
            return
        wanted = None if seed > 2 else lambda key: len(key) % 2 == seed - 1
        joining = [row for row in asked if not wanted or wanted(row.key)]
        records = {record[0] for record in list(found.file.records())[1:] if found.judge(record) is not None}
        for _ in range(2):
            try:
                planned = plan(ledger, found, tag, wanted)
            except NothingToSend:
                assert not joining
                return
            assert planned.left_out == tuple(row for row in rows if isinstance(row, LeftOut))
            assert sum(planned.left_out_counts.values()) == len(planned.left_out)
            mailed = len(records) - len(planned.left_out) - planned.not_asked
            assert (planned.to_send, mailed) == (len(joining), len(joining) + planned.together - planned.families)
            assert planned.counts == planned.mailing.counts()
            assert planned.to_send == planned.mailing.asked_for(NOW)
            written = [as_subscriber(recipient) for recipient in planned.mailing.recipients()]
            assert [(person.email, person.tags) for person in written] == [
                (row.email, row.tags & frozenset(["seniors"])) for row in joining
            ]
            assert [[one_line(person.fields.get(name, "")) for name in ("first_name", "nickname")] for person in written] == [
                [one_line(row.fields.get(name, "")) for name in ("first_name", "nickname")] for row in joining
            ]


@settings(tries, max_examples=EXAMPLES // 2)
@given(first=files(), second=files(), tag=st.sampled_from([None, "vip"]))
def test_a_later_list_is_compared_by_address(first: bytes, second: bytes, tag: str | None) -> None:
    """After a second, different list exactly its people wait; the others are skipped, as opted out where it says so."""
    with a_ledger() as (folder, ledger):
        try:
            plan(ledger, listed(folder, first))
            found = listed(folder, second)
            rows = list(found.rows())
            forbidden = set[str]()
            for _ in found.scan((), lambda veto: forbidden.add(veto.address_key) if veto.person is None else None):
                pass
            before = {key: row for row in _recipients(ledger) if (key := row.address_key)}
            planned = plan(ledger, found, tag)
        except (ProblemsFound, NothingToSend):
            return
        people = {row.key: row for row in rows if isinstance(row, Subscriber)}
        after = {row.address_key: row for row in planned.mailing.recipients()}
        joining = {key for key, row in people.items() if tag is None or tag in row.tags}
        assert set(after) == set(before) | joining
        assert {key for key, row in after.items() if row.status is Status.WAITING} == (set(before) | joining) & set(people)
        assert {key for key, row in after.items() if row.payload} == joining
        assert {key: row.reply for key, row in after.items() if row.status is Status.SKIPPED} == {
            key: OPTED_OUT if key in forbidden else GONE for key in set(before) - set(people)
        }
        assert all(after[key].number == row.number for key, row in before.items())
        assert planned.to_send == len(joining)


def _recipients(ledger: Ledger) -> Iterator[Recipient]:
    mailing = Mailing.find(ledger, "probe")
    assert mailing
    return mailing.recipients()


LIST = "email,first_name,tags,status\n" + "".join(
    f"p{number}@mail.example,Anna{number},{'vip' if number % 3 else 'vip;seniors'},active\n" for number in range(3000)
)


def test_a_long_list_is_planned_in_its_order() -> None:
    """Over many blocks every line counts: the order is kept, and rows left out in between shift nothing."""
    lines = LIST.splitlines()
    lines[700] = "p3@mail.example,ANNA3,,active"
    lines[1500] = '"p1499@mail.example","of\nseveral lines",,active'
    lines[2100] = "P9@mail.example,,,unsubscribed"
    with a_ledger() as (folder, ledger):
        planned = plan(ledger, listed(folder, "\n".join(lines)))
        assert planned.to_send == 2997
        found = [recipient.address for recipient in planned.mailing.recipients()]
        assert found == [f"p{number}@mail.example" for number in range(3000) if number not in (9, 699, 2099)]
        assert [(row.line, row.kind) for row in planned.left_out] == [(11, "status"), (701, "duplicate"), (2102, "status")]
        assert planned.left_out[0].reason == "line 2102 says that this address must not be mailed."
        assert planned.left_out[1].reason == "the same person stands in line 5 already."


def test_only_the_first_rows_left_out_are_listed() -> None:
    """Of very many duplicates all are counted and the first ten thousand are kept, in order."""
    with a_ledger() as (folder, ledger):
        text = "email\n" + "anna@mail.example\n" * 6000 + "nobody\nben@mail.example\n" + "Anna@mail.example\n" * 6000
        planned = plan(ledger, listed(folder, text))
    assert planned.left_out_counts == {"duplicate": 11_999, "address": 1}
    assert [row.line for row in planned.left_out] == [*range(3, 6003), *range(6004, 10_004)]
    assert len(planned.left_out) == 10_000


def test_who_is_wanted_joins_and_the_others_are_counted() -> None:
    """A correction goes to those who got the earlier issue; with a tag, to those of them who have it."""
    with a_ledger() as (folder, ledger):
        found = listed(folder, "email,tags\nAnna@mail.example,vip\nben@mail.example,vip\ncara@mail.example,\n")
        planned = plan(ledger, found, "VIP", lambda key: key in ("anna@mail.example", "cara@mail.example"))
        assert (planned.to_send, planned.not_asked) == (1, 2)
        assert statuses(planned.mailing) == {"Anna@mail.example": "waiting"}
        planned = plan(ledger, found, None, lambda key: key == "cara@mail.example")
        assert [row.payload != "" for row in planned.mailing.recipients()] == [False, True]
        assert (planned.to_send, planned.not_asked, planned.counts[Status.WAITING]) == (1, 2, 2)


def test_a_tag_of_nobody_names_the_nearest() -> None:
    """A slip in the tag mails nobody, suggests the tag meant, and leaves no trace in the ledger."""
    with a_ledger() as (folder, ledger):
        with pytest.raises(NothingToSend, match="senoirs") as caught:
            plan(ledger, listed(folder, LIST), "senoirs")
        assert "seniors" in str(caught.value.next_step)
        assert ledger.value("SELECT count(*) FROM recipient") == ledger.value("SELECT count(*) FROM recipient_key") == 0
        plan(ledger, listed(folder, LIST), "seniors")


@pytest.mark.parametrize("begun", [False, True])
def test_suppressed_people_are_skipped_by_a_long_plan(begun: bool) -> None:
    """Suppression outranks the list, in the first plan and in every later one, and is counted."""
    with a_ledger() as (folder, ledger):
        if begun:
            plan(ledger, listed(folder, LIST))
        Suppressions(ledger).add(["p7@mail.example"], "asked by phone", NOW)
        planned = plan(ledger, listed(folder, LIST))
        assert (planned.to_send, planned.counts[Status.SKIPPED]) == (2999, 1)
        assert statuses(planned.mailing)["p7@mail.example"] == "skipped"


def test_a_list_that_breaks_off_leaves_the_mailing_as_it_was() -> None:
    """A quotation mark that is never closed far down the list stops the plan, and nothing of it stays, nor any table."""
    broken = LIST + 'x@mail.example,"open,,\n' + "y@mail.example,a,,\n" * 9000
    with a_ledger() as (folder, ledger):
        plan(ledger, listed(folder, LIST[:5000]))
        before = list(ledger.rows("SELECT * FROM recipient"))
        with pytest.raises(ProblemsFound):
            plan(ledger, listed(folder, broken))
        assert list(ledger.rows("SELECT * FROM recipient")) == before
        assert ledger.value("SELECT count(*) FROM sqlite_temp_schema") == 0
        assert plan(ledger, listed(folder, LIST)).to_send == 3000


@pytest.mark.parametrize("start", [codecs.BOM_UTF8, b""])
def test_the_usual_list_vetoes_a_chosen_one(start: bytes) -> None:
    """Who is unsubscribed in subscribers.csv is left out of any other list's plan, and the place is named."""
    with a_ledger() as (folder, ledger):
        found = listed(folder, start + b"email\nAnna@mail.example\nben@mail.example\n", "vip.csv")
        found.vetoes = (listed(folder, "email,status\nanna@mail.example,unsubscribed\n", "subscribers.csv"),)
        planned = plan(ledger, found)
    assert planned.to_send == 1
    assert planned.left_out == (
        LeftOut(2, "Anna@mail.example", "status", "line 2 of subscribers.csv says that this address must not be mailed."),
    )


def test_plans_write_no_more_tables_than_there_are() -> None:
    """What a plan needs for itself is gone when it is done."""
    with a_ledger() as (folder, ledger):
        for _ in range(3):
            plan(ledger, listed(folder, LIST))
        assert ledger.value("SELECT count(*) FROM sqlite_temp_schema") == 0
        with sqlite3.connect(ledger.path) as other:
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
