"""Holds that people who share an address get one mail together, and that nobody in it is named who must not be."""

from __future__ import annotations

import email
import email.policy
import functools
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from desks import SLUG, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mailings import NOW, ledger_in
from samples import HEAD, change, mail_of, make_practice_folder, practice_of, use_probe_theme

from newsletter.check.preflight import check_issue
from newsletter.compose.mail import Mail
from newsletter.errors import NothingToSend, ProblemsFound
from newsletter.ledger.keys import STAND_IN
from newsletter.ledger.ledger import Ledger
from newsletter.preview.people import People, name_of
from newsletter.read.audience import Audience
from newsletter.read.families import listing
from newsletter.read.locale import Locale
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList
from newsletter.send.plan import Plan, Planner, as_subscriber

EXAMPLES = int(os.environ.get("NEWSLETTER_EXAMPLES", "150"))
TODAY = date(2026, 12, 1)
ISSUE = """\
title: Stretch a Little
subject: 'Dear {{ first_name or "friend" }}, stretch a little'
preheader: One minute, three times a day.
date: 2026-12-01
opening: |
  Sitting long makes backs stiff. One minute of stretching helps.
body:
  - heading: In the morning
    text: Stand up, reach for the ceiling and breathe out slowly. Stop if it hurts, and call us.
  - heading: For seniors
    text: Hold on to a chair.
    only_for: [seniors]
"""
LIST = """\
email,first_name,last_name,tags,status,child,guardian,language
smith@mail.example,Anna,Smith,patient,active,,,
Smith@Mail.example,Ben,Smith,seniors,,no,,
smith@mail.example,Mia,Smith,kids,,yes,,
cole@mail.example,Ana,Reyes,,,,,es
cole@mail.example,Inés,Cole,,,,,
park@mail.example,Leo,Park,,,Yes,"Park, Joan",
berg@mail.example,Carl,Berg,,deceased,,,
berg@mail.example,Doris,Berg,,,,,
fox@mail.example,Ed,Fox,,,,,
fox@mail.example,Fay,Fox,,unsubscribed,,,
"""


def listed(folder: Path, text: str, locale: Locale | None = None) -> SubscriberList:
    """A list with this content, read in December 2026."""
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return SubscriberList(path, folder, locale or Locale(today=TODAY))


def greeted(folder: Path, text: str, locale: Locale | None = None) -> list[str]:
    """Whom each mail names, first names only, in the order of the list."""
    return [row.fields["first_name"] for row in listed(folder, text, locale).rows() if isinstance(row, Subscriber)]


def left_out(folder: Path, text: str) -> list[tuple[int, str, str]]:
    """Line, kind and reason of every row that is left out."""
    return [(row.line, row.kind, row.reason) for row in listed(folder, text).rows() if isinstance(row, LeftOut)]


def subjects(folder: Path) -> dict[str, str]:
    """The subjects of the mails that were rehearsed, by address."""
    found = {}
    for path in (folder / "rehearsal" / SLUG).glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found[str(mail["To"])] = str(mail["Subject"])
    return found


@pytest.fixture
def family_desk(desk: Desk) -> Desk:
    """A practice with families on its list."""
    (desk.folder / "issues" / f"{SLUG}.yaml").write_text(ISSUE, encoding="utf-8")
    (desk.folder / "subscribers.csv").write_text(LIST, encoding="utf-8")
    return desk


def test_a_rehearsal_greets_families_together(family_desk: Desk) -> None:
    """One mail an address, which names the adults who may be mailed; the plan says how many share one, and counts add up."""
    done = family_desk("send", SLUG, "--rehearse", "--json")
    assert done.code == 0, done.err
    assert subjects(family_desk.folder) == {
        "smith@mail.example": "Dear Anna and Ben, stretch a little",
        "cole@mail.example": "Dear Ana e Inés, stretch a little",
        "park@mail.example": "Dear Joan, stretch a little",
        "berg@mail.example": "Dear Doris, stretch a little",
    }
    plan = done.object
    assert (plan["to_send"], plan["families"], plan["together"], plan["left_out_total"]) == (4, 2, 5, 3)
    assert plan["to_send"] + plan["together"] - plan["families"] + plan["left_out_total"] == 10
    shown = family_desk("send", SLUG, "--dry-run").out
    assert "Together         5  people who share an address with family, in 2 mails" in shown
    assert max(len(line) for line in shown.splitlines() if not line.startswith("Next: ")) <= 80


def test_test_mails_builds_and_the_preview_show_the_same_family(family_desk: Desk) -> None:
    """What is built and looked at as a member of a family is what all of them will get."""
    assert family_desk("build", SLUG, "--as", "SMITH@mail.example").code == 0
    built = (family_desk.folder / "build" / SLUG / f"{SLUG}.eml").read_bytes()
    assert b"Subject: Dear Anna and Ben, stretch a little" in built
    assert family_desk("send", SLUG, "--test", "me@riverbend.example", "--as", "berg@mail.example").code == 0
    assert b"Subject: Dear Doris, stretch a little" in family_desk.server.accepted[-1].content
    people = People(family_desk.folder)
    people.read(Locale(today=TODAY))
    names = [name_of(person) for person in people.first()]
    assert names == ["Anna and Ben Smith", "Ana Reyes e Inés Cole", "Joan Park", "Doris Berg"]
    assert [person.email for person in people.search("ben smith")[0]] == ["smith@mail.example"]


def test_somebody_left_out_is_told_so_where_they_live_alone(family_desk: Desk) -> None:
    """To be shown as somebody of whom nobody at the address may be mailed says why not."""
    done = family_desk("build", SLUG, "--as", "fox@mail.example")
    assert (done.code, "line 11 says that this address must not be mailed" in done.err) == (1, True)


def test_the_tags_of_a_family_are_one(family_desk: Desk) -> None:
    """A block for a tag is shown where one of those has it whom the mail is for."""
    family_desk("send", SLUG, "--rehearse")
    pages = {path.name: path.read_text() for path in (family_desk.folder / "rehearsal" / SLUG).glob("*.eml")}
    assert {name for name, page in pages.items() if "Hold on to a chair" in page} == {
        name for name, page in pages.items() if "To: smith@" in page
    }


def test_a_tag_is_asked_of_each_person(family_desk: Desk) -> None:
    """The mail names those of a family who are asked for, and the others are counted."""
    done = family_desk("send", SLUG, "--rehearse", "--tag", "seniors", "--json")
    assert subjects(family_desk.folder) == {"smith@mail.example": "Dear Ben, stretch a little"}
    assert (done.object["to_send"], done.object["not_asked"], done.object["together"]) == (1, 6, 0)
    family_desk("send", SLUG, "--rehearse", "--tag", "kids")
    assert subjects(family_desk.folder) == {"smith@mail.example": "Dear friend, stretch a little"}


def test_a_mail_with_both_names_reads_right_for_each_family(desk: Desk) -> None:
    """Where first and last name stand together, people of different names are named in full."""
    issue = ISSUE.replace('{{ first_name or "friend" }}', '{{ first_name or "friend" }} {{ last_name }}')
    (desk.folder / "issues" / f"{SLUG}.yaml").write_text(issue, encoding="utf-8")
    (desk.folder / "subscribers.csv").write_text(
        "email,first_name,last_name\na@mail.example,Anna,Reyes\na@mail.example,Ben,Reyes\n"
        "b@mail.example,Anna,Reyes\nb@mail.example,Ben,Cole\nc@mail.example,Anna,Reyes\nc@mail.example,Ben,Cole\n"
        "c@mail.example,Mia,Reyes\nd@mail.example,Dan,Park\n",
        encoding="utf-8",
    )
    assert desk("send", SLUG, "--rehearse").code == 0
    assert {key[0]: said.removesuffix(", stretch a little") for key, said in subjects(desk.folder).items()} == {
        "a": "Dear Anna and Ben Reyes",
        "b": "Dear Anna Reyes and Ben Cole",
        "c": "Dear Anna Reyes, Ben Cole and Mia Reyes",
        "d": "Dear Dan Park",
    }
    desk("build", SLUG, "--as", "b@mail.example")
    assert b"Dear Anna Reyes and Ben Cole" in (desk.folder / "build" / SLUG / f"{SLUG}.eml").read_bytes()


@pytest.mark.parametrize(
    ("names", "language", "said"),
    [
        (["Anna"], "en", "Anna"),
        (["Anna", "Ben"], "en", "Anna and Ben"),
        (["Anna", "Ben", "Mia"], "en-GB", "Anna, Ben and Mia"),
        (["Anna", "Ben", "Mia", "Zoë"], "English", "Anna, Ben, Mia and Zoë"),
        (["Ana", "Benito"], "es", "Ana y Benito"),
        (["Ana", "Inés"], "es-MX", "Ana e Inés"),
        (["Ana", "Hilario"], "Español", "Ana e Hilario"),
        (["Ana", "Hiedra"], "Spanish", "Ana y Hiedra"),
        (["Inés", "Yolanda"], "es", "Inés y Yolanda"),
        (["Anna", "Ben"], "Tagalog", "Anna & Ben"),
    ],
)
def test_names_are_listed_as_the_language_does(names: list[str], language: str, said: str) -> None:
    """In Spanish "y" is "e" before the sound of an i; where we do not know the word, a sign stands for it."""
    assert listing(names, language) == said


def test_the_language_of_the_row_outranks_that_of_the_practice(tmp_path: Path) -> None:
    """The practice's language joins the names of those for whom the list has none."""
    text = "email,first_name,language\na@b.example,Ana,\na@b.example,Beto,en\nc@b.example,Ana,\nc@b.example,Beto,\n"
    assert greeted(tmp_path, text, Locale("es", today=TODAY)) == ["Ana and Beto", "Ana y Beto"]


def test_many_people_at_one_address_are_not_read_out(tmp_path: Path) -> None:
    """Four are named; of more, as at the address of a home or of an office, nobody is."""
    rows = "".join(f"four@mail.example,{name}\nfive@mail.example,{name}\n" for name in ("Anna", "Ben", "Cara", "Dan"))
    assert greeted(tmp_path, f"email,first_name\n{rows}five@mail.example,Eve\n") == ["Anna, Ben, Cara and Dan", ""]


def test_one_person_in_several_rows_is_one(tmp_path: Path) -> None:
    """The same first name in any spelling, or none, is no second person; what the rows say is put together."""
    text = (
        "email,first_name,tags,pet\na@mail.example,José,vip,\nA@mail.example, JOSE ,seniors,Rex\na@mail.example,,,\n"
        "b@mail.example,,,\nb@mail.example,Ben,,\nb@mail.example,Cara,,\n"
    )
    first, second = (row for row in listed(tmp_path, text).rows() if isinstance(row, Subscriber))
    assert (first.email, first.line, first.tags) == ("a@mail.example", 2, {"vip", "seniors"})
    assert (first.fields["first_name"], first.fields["pet"]) == ("José", "Rex")
    assert (second.line, second.fields["first_name"]) == (5, "Ben and Cara")
    assert left_out(tmp_path, text) == [
        (3, "duplicate", "the same person stands in line 2 already."),
        (4, "duplicate", "the same address stands in line 2 already."),
        (6, "duplicate", "the same address stands in line 5 already."),
    ]


@pytest.mark.parametrize("status", ["deceased", "Discharged", "inactive", "archived", "removed", "passed away", "fallecida"])
def test_who_is_gone_takes_nobody_else_along(tmp_path: Path, status: str) -> None:
    """What is said of a person keeps that person out, and others at the address in."""
    text = f"email,first_name,status\na@mail.example,Carl,{status}\na@mail.example,Doris,active\na@mail.example,carl,active\n"
    assert greeted(tmp_path, text) == ["Doris"]
    assert left_out(tmp_path, text)[1] == (4, "status", "line 2 says that somebody of this name must not be mailed.")


@pytest.mark.parametrize("column", ["Deceased", "Is Archived", "Date of Death"])
def test_a_column_of_its_own_can_say_that_somebody_is_gone(tmp_path: Path, column: str) -> None:
    """A yes or a date under such a title is about the person, and says nothing where the cell says no."""
    text = f"email,first_name,{column}\na@mail.example,Carl,2026-01-02\na@mail.example,Doris,No\na@mail.example,Eve,\n"
    assert greeted(tmp_path, text) == ["Doris and Eve"]


@pytest.mark.parametrize(
    ("gone", "other", "mailed"),
    [
        ("Ben", "Anna and Ben", []), ("Anna and Ben", "Ben", []), ("Anna", "Anna M.", []), ("Dr. Carl", "CARL", []),
        ("Ann", "Ann Marie", []), ("Ann", "Anna", ["Anna"]), ("María José", "María Elena", ["María Elena"]),
    ],
)  # fmt: skip
def test_who_is_gone_is_not_named_in_another_spelling(tmp_path: Path, gone: str, other: str, mailed: list[str]) -> None:
    """An initial, a title or a couple's row hides nobody; a name that only shares a word is another person's."""
    assert greeted(tmp_path, f"email,first_name,status\na@b.example,{gone},deceased\na@b.example,{other},\n") == mailed


@pytest.mark.parametrize(
    ("names", "greeting"),
    [(["Anna", "Anna M."], "Anna"), (["Ben", "Anna and Ben"], "Anna and Ben"), (["Mary", "Mary Ann"], "Mary and Mary Ann")],
)
def test_nobody_is_greeted_twice_in_one_mail(tmp_path: Path, names: list[str], greeting: str) -> None:
    """Neither for an initial nor beside a row that names a couple."""
    assert greeted(tmp_path, "email,first_name\n" + "".join(f"a@b.example,{name}\n" for name in names)) == [greeting]


@pytest.mark.parametrize(("gone", "other"), [("", "Doris"), ("Carl", ""), ("", "")])
def test_in_doubt_who_is_gone_nobody_is_mailed(tmp_path: Path, gone: str, other: str) -> None:
    """Without a first name in one of the rows nobody knows whether both are the same person."""
    text = f"email,first_name,status\na@mail.example,{gone},deceased\na@mail.example,{other},\n"
    assert greeted(tmp_path, text) == []
    assert "without first names nobody can tell who" in left_out(tmp_path, text)[1][2]


@pytest.mark.parametrize(
    "status", ["unsubscribed", "Unsubscribe", "bounced", "hard bounce", "do not email", "complained", "spam", "dada de baja"]
)
def test_an_address_that_is_out_is_out_for_the_whole_family(tmp_path: Path, status: str) -> None:
    """An opt-out or a bounce is of the address, also where the row says besides that its person is gone."""
    text = f"email,first_name,status,deceased\na@mail.example,Anna,active,\na@mail.example,Ben,{status},yes\n"
    assert greeted(tmp_path, text) == []


def test_the_usual_list_knows_who_is_gone(tmp_path: Path) -> None:
    """Another list brings nobody back of whom subscribers.csv says that they are gone, and leaves out nobody else."""
    (tmp_path / "subscribers.csv").write_text("email,first_name,status\na@mail.example,Carl,deceased\n")
    chosen = listed(tmp_path, "email,first_name\na@mail.example,Carl\na@mail.example,Doris\nb@mail.example,Carl\n")
    chosen.vetoes = (SubscriberList(tmp_path / "subscribers.csv", tmp_path),)
    first, *others = chosen.rows()
    assert first == LeftOut(
        2, "a@mail.example", "status", "line 2 of subscribers.csv says that somebody of this name must not be mailed."
    )
    assert [row.fields["first_name"] for row in others if isinstance(row, Subscriber)] == ["Doris", "Carl"]


@pytest.mark.parametrize(
    ("column", "cell", "child"),
    [
        ("Child", "yes", True), ("Is Child", "X", True), ("minor", "1", True), ("Menor de edad", "Sí", True),
        ("Child", "no", False), ("Child", "", False), ("child", "Mia, Leo", False),
        ("Date of Birth", "2008-12-02", True), ("DOB", "2008-12-01", False), ("Birth Date", "12/02/2008", True),
        ("Fecha de nacimiento", "1980-05-05", False), ("dob", "5/5/45", False), ("dob", "unknown", False),
        ("Patient Date of Birth", "2010-01-01", True), ("Minor (Y/N)", "Y", True), ("PatientDOB", "1/1/2010", True),
        ("Age", "17", True), ("age", "17 yrs", True), ("Age", "18", False), ("Age", "170", False),
    ],
)  # fmt: skip
def test_a_child_is_not_named(tmp_path: Path, column: str, cell: str, child: bool) -> None:
    """By a column that says so, or by a birth date less than 18 years ago; no column of names names them."""
    text = f'email,first_name,last_name,Nickname,Doctor Name,{column}\na@mail.example,Mia,Cole,Mimi,Dr. Ray,"{cell}"\n'
    (row,) = listed(tmp_path, text).rows()
    assert isinstance(row, Subscriber)
    names = [row.fields[name] for name in ("first_name", "last_name", "nickname", "doctor_name")]
    assert names == (["", "", "", "Dr. Ray"] if child else ["Mia", "Cole", "Mimi", "Dr. Ray"])


def test_days_of_birth_are_read_as_the_country_writes_them(tmp_path: Path) -> None:
    """5/12/2008 is the twelfth of May in the US, and the fifth of December elsewhere."""
    text = "email,first_name,dob\na@mail.example,Mia,5/12/2008\n"
    assert greeted(tmp_path, text, Locale(country="USA", today=TODAY)) == ["Mia"]
    assert greeted(tmp_path, text, Locale(country="Ireland", today=TODAY)) == [""]


@pytest.mark.parametrize(
    ("guardian", "first", "last"),
    [
        ("Joan Park", "Joan", "Park"), ("Park, Joan", "Joan", "Park"), ("Joan", "Joan", ""), ("", "", ""), ("Self", "", ""),
        ("yes", "", ""), ("Leo Park", "", ""), ("joan@mail.example", "", ""),
    ],
)  # fmt: skip
def test_a_parent_is_greeted_instead_of_a_child(tmp_path: Path, guardian: str, first: str, last: str) -> None:
    """Where the list names a parent; a name that may be the child's own is not taken for one."""
    for rows in (1, 2):  # also where the child stands there twice
        text = "email,first_name,last_name,minor,Responsible Party\n" + f'a@mail.example,Leo,Park,yes,"{guardian}"\n' * rows
        row = next(iter(listed(tmp_path, text).rows()))
        assert isinstance(row, Subscriber)
        assert (row.fields["first_name"], row.fields["last_name"]) == (first, last)


def test_nobody_who_is_gone_is_greeted_as_a_parent(tmp_path: Path) -> None:
    """A child's row may still name a parent who died; of two parents the other is greeted."""
    text = (
        "email,first_name,status,child,guardian\na@mail.example,Leo,,yes,Carl Park\na@mail.example,Carl,deceased,,\n"
        "a@mail.example,Mia,,yes,Doris Park\n"
    )
    assert greeted(tmp_path, text) == ["Doris"]


def test_a_name_that_may_be_a_childs_is_not_said(tmp_path: Path) -> None:
    """A row without the sign does not make somebody an adult of whom another says that they are a child."""
    text = "email,first_name,child\na@mail.example,Mia,\na@mail.example,mia,yes\nb@mail.example,Anna,\nb@mail.example,Leo,yes\n"
    assert greeted(tmp_path, text) == ["", "Anna"]


def test_the_check_sees_children_as_people_without_a_name(practice_folder: Path) -> None:
    """A field without a fallback stops the send where a child would be greeted by it, and says why it is empty."""
    text = HEAD + "subject: Dear {{ first_name }}\nbody:\n  - {heading: All, text: For everybody.}\n"
    mail = mail_of(practice_folder, text)
    found = listed(practice_folder, "email,first_name,child\na@b.example,Mia,yes\nb@b.example,Ben,\nb@b.example,Leo,yes\n")
    report = check_issue(mail, found, STAND_IN, datetime(2026, 12, 1, tzinfo=UTC), only=["L05"])
    assert [(finding.place.rpartition(":")[0] != "", finding.harm) for finding in report.findings] == [
        (True, "{{ first_name }} is empty for 1 reader: they would see a gap. list.csv, line 2.")
    ]
    assert report.findings[0].fix.endswith("A child is never greeted by name.")


def test_a_list_where_everybody_has_family_is_read_in_pieces(tmp_path: Path) -> None:
    """More families than are held at once, with relatives at the other end of the file, all come out once and in order."""
    count, more = 5_500, 18
    rows = [f"p{number}@mail.example,{name}{',' * more}" for name in ("Anna", "Ben") for number in range(count)]
    titles = ",".join(["email", "first_name", *(f"note {number}" for number in range(more))])
    found = listed(tmp_path, "\n".join([titles, *rows]) + "\n")
    people = list(found.people())
    assert [row[1] for row in people] == [f"p{number}@mail.example" for number in range(count)]
    assert {row[2][1] for row in people if not isinstance(row, LeftOut)} == {"Anna and Ben"}


# Lists of few addresses and names, so that everything meets everything.
NAMES = ("Anna", "Ben", "Cara", "ANNA", "bén", "Anna M.", "Ben and Cara", "")
ROWS = st.tuples(
    st.sampled_from(["a@mail.example", "A@Mail.example", "b@mail.example", "c@mail.example"]),
    st.sampled_from(NAMES),
    st.sampled_from(["Reyes", "Cole", ""]),
    st.sampled_from(["", "", "vip", "seniors;vip"]),
    st.sampled_from(["", "", "", "active", "deceased", "inactive", "unsubscribed", "who knows"]),
    st.sampled_from(["", "", "yes"]),
    st.sampled_from(["", "", "Ben Cole", "Dora"]),
)
PEOPLE = st.lists(ROWS, max_size=9)
tries = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
COLUMNS = "email,first_name,last_name,tags,status,child,guardian"


def text_of(rows: Sequence[Sequence[str]]) -> str:
    """A list of these rows."""
    return "\n".join([COLUMNS, *(",".join(row) for row in rows)]) + "\n"


def people(name: str) -> frozenset[str]:
    """Whom a name cell or a greeting names."""
    return frozenset(name.lower().replace("é", "e").replace(" m.", "").replace(" and ", ", ").split(", ")) - {""}


def named(subscriber: Subscriber) -> frozenset[str]:
    """The names a mail says."""
    return people(subscriber.fields["first_name"])


@tries
@given(rows=PEOPLE, order=st.randoms(use_true_random=False))
def test_nobody_is_mailed_twice_or_named_who_must_not_be(rows: list[tuple[str, ...]], order: object) -> None:
    """For any list: one mail an address, none where somebody there opted out, nobody gone and no child named; in any order."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        found = list(listed(folder, text_of(rows)).rows())
        mails = {row.key: row for row in found if isinstance(row, Subscriber)}
        assert len(mails) == sum(isinstance(row, Subscriber) for row in found)
        for address, mail in mails.items():
            there = [row for row in rows if row[0].lower() == address]
            gone = [people(row[1]) for row in there if row[4] in ("deceased", "inactive")]
            children = [people(row[1]) for row in there if row[5] == "yes" and row[4] in ("", "active")]
            assert "unsubscribed" not in {row[4] for row in there}
            assert all(gone)
            assert not any(one and one <= named(mail) for one in (*gone, *children))
            assert named(mail) <= frozenset({"ben", "dora"}).union(*(people(row[1]) for row in there if row[4] in ("", "active")))
        shuffled = list(rows)
        order.shuffle(shuffled)  # type: ignore[attr-defined]
        again = {row.key: row for row in listed(folder, text_of(shuffled)).rows() if isinstance(row, Subscriber)}
        assert {address: (named(mail), mail.tags) for address, mail in again.items()} == {
            address: (named(mail), mail.tags) for address, mail in mails.items()
        }
        kept = [row for row in rows if row[4] in ("", "active") and row[1]]
        free = {row[0].lower() for row in kept} - {row[0].lower() for row in rows if row[4] not in ("", "active", "who knows")}
        assert free <= set(mails)


@functools.cache
def mail() -> Mail:
    """An issue that uses both names and has a block for a tag."""
    text = HEAD + (
        "subject: \"{{ first_name or 'Hello' }} {{ last_name or 'you' }}\"\n"
        "body:\n  - {heading: All, text: For everybody.}\n  - {heading: Seniors, text: For some., only_for: [seniors]}\n"
    )
    return mail_of(use_probe_theme(make_practice_folder(Path(tempfile.mkdtemp()) / "practice")), text)


def plan(ledger: Ledger, found: SubscriberList, audience: Audience) -> Plan:
    """A plan as `send` makes it."""
    with ledger.transaction():
        return Planner(mail(), found, audience).plan(ledger, NOW)


@settings(tries, max_examples=EXAMPLES // 4)
@given(first=PEOPLE, second=PEOPLE, tag=st.sampled_from([None, None, "vip"]))
def test_a_plan_names_whom_the_list_names(first: list[tuple[str, ...]], second: list[tuple[str, ...]], tag: str | None) -> None:
    """A plan, and a second one after the list changed, greets as reading the list does, and its counts add up to its rows."""
    with tempfile.TemporaryDirectory() as place, closed(ledger_in(Path(place))) as ledger:
        ledger.change("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        for rows in (first, second):
            found = listed(Path(place), text_of(rows))
            asked = [mail().addressed(row) for row in found.rows(Audience(tag)) if isinstance(row, Subscriber)]
            try:
                planned = plan(ledger, found, Audience(tag))
            except NothingToSend:
                assert not asked
                continue
            written = [as_subscriber(row) for row in planned.mailing.recipients() if row.payload]
            greetings = {row.email: [row.fields.get(name, "") for name in ("first_name", "last_name")] for row in written}
            assert greetings == {row.email: [row.fields[name] for name in ("first_name", "last_name")] for row in asked}
            assert {row.email: row.tags for row in written} == {row.email: row.tags & {"seniors"} for row in asked}
            assert planned.to_send == len(asked)
            assert planned.left_out == tuple(row for row in found.rows() if isinstance(row, LeftOut))
            assert len(rows) == len(asked) + planned.together - planned.families + planned.not_asked + len(planned.left_out)
            keys = [key for (key,) in ledger.rows("SELECT address_key FROM recipient_key")]
            assert sorted(keys) == sorted(row.address_key for row in planned.mailing.recipients())


class closed:  # noqa: N801  # used as a statement
    """Closes a ledger at the end."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def __enter__(self) -> Ledger:
        return self.ledger

    def __exit__(self, *_: object) -> None:
        self.ledger.close()


def test_a_list_that_changes_while_it_is_read_is_not_planned(tmp_path: Path) -> None:
    """What is found of families in a second reading must be of the same list, or nothing is planned."""

    class Restless(SubscriberList):
        def families(self, *args: object) -> Iterator[object]:  # type: ignore[override]
            self.path.write_text("email,first_name\na@mail.example,Anna\nb@mail.example,Ben\n")
            os.utime(self.path, (1, 1))
            return super().families(*args)  # type: ignore[arg-type]

    path = tmp_path / "list.csv"
    path.write_text("email,first_name\na@mail.example,Anna\na@mail.example,Ben\n")
    with closed(ledger_in(tmp_path)) as ledger:
        with pytest.raises(ProblemsFound, match="was changed while it was read"):
            plan(ledger, Restless(path, tmp_path), Audience())
        assert ledger.value("SELECT count(*) FROM recipient") == 0


def test_the_practice_says_language_country_and_day(practice_folder: Path) -> None:
    """Names are joined, and days read, as is usual where the practice is; there it may be tomorrow already."""
    change(practice_folder, "language: en", "language: es")
    change(practice_folder, "timezone: America/Denver", "timezone: Pacific/Auckland")
    assert Locale.of(practice_of(practice_folder), datetime(2026, 12, 1, 20, tzinfo=UTC)) == Locale("es", "US", date(2026, 12, 2))


def test_a_second_run_mails_nobody_of_a_family_again(family_desk: Desk) -> None:
    """Who joins a family later does not get an issue that went to their address already."""
    assert family_desk.send().code == 0
    with (family_desk.folder / "subscribers.csv").open("a", encoding="utf-8") as stream:
        stream.write("smith@mail.example,Zoë,Smith,,,,,\n")
    before = len(family_desk.server.accepted)
    done = family_desk.send("--json")
    assert (done.code, len(family_desk.server.accepted)) == (0, before)
    assert json.loads(done.out)["to_send"] == 0
