"""Holds how the list is changed: whole or not at all, and nothing in it but what was to be changed."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import CannotWrite, ProblemsFound
from newsletter.read.list_file import Edits, ListFile, one_line
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList

MESSY = (
    "Email;First Name;Notes;status\r\n"
    'anna@mail.example;Anna;"likes ""quiet"" rooms";active\r\n'
    ";;;\r\n"
    'ben@mail.example;  Ben ;="00123";unsubscribed\r\n'
    "ANNA@mail.example;Anna;again;\r\n"
    "not an address;Cara;;active\r\n"
    "dan@mail.example;Dan;one;two;unsubscribed\r\n"
    'eve@mail.example;Eve;"two\r\nlines";active\r\n'
    "'=fay@mail.example;'-Fay;short\r\n"
)


def listed(folder: Path, content: str | bytes = MESSY) -> ListFile:
    """A list with this content."""
    path = folder / "subscribers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return ListFile(path, folder)


def rows_in(folder: Path) -> list[Subscriber | LeftOut]:
    """What the list's reader makes of it now."""
    return list(SubscriberList(folder / "subscribers.csv").rows())


def test_what_nobody_asked_to_change_stays_as_it_is(tmp_path: Path) -> None:
    """One row changes, one is added, one goes; every other row, broken ones among them, is the same to the byte."""
    edits = Edits({2: {"status": "deceased"}}, [{"email": "gus@mail.example", "first_name": "Gus; Jr."}], frozenset({6}))
    listed(tmp_path).write(edits)
    expected = MESSY.replace('rooms";active', 'rooms";deceased').replace("not an address;Cara;;active\r\n", "")
    assert (tmp_path / "subscribers.csv").read_bytes().decode() == expected + 'gus@mail.example;"Gus; Jr.";;\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_excel_opens_it_right_whatever_it_was(tmp_path: Path, encoding: str) -> None:
    """UTF-8 stays what it is; any other encoding becomes UTF-8 with the mark by which Excel knows it."""
    text = "email,first_name\nzoe@mail.example,Zoë\n"
    listed(tmp_path, text.encode(encoding)).write(Edits(added=[{"email": "jose@mail.example", "first_name": "José"}]))
    content = (tmp_path / "subscribers.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") == (encoding != "utf-8")
    assert content.decode("utf-8-sig") == text + "jose@mail.example,José\n"


def test_a_list_without_accents_is_marked_with_the_first_one(tmp_path: Path) -> None:
    """Plain ASCII needs no mark; once a name has an accent, Excel would read it wrong without."""
    listed(tmp_path, "email,first_name\nann@mail.example,Ann\n").write(Edits({2: {"first_name": "Bo"}}))
    assert (tmp_path / "subscribers.csv").read_bytes() == b"email,first_name\nann@mail.example,Bo\n"
    ListFile(tmp_path / "subscribers.csv", tmp_path).write(Edits({2: {"first_name": "Zoë"}}))
    assert (tmp_path / "subscribers.csv").read_bytes() == "\ufeffemail,first_name\nann@mail.example,Zoë\n".encode()


def test_lines_end_in_one_way(tmp_path: Path) -> None:
    """As the first line ends, all do; a last line without an end gets one."""
    listed(tmp_path, "email,first_name\r\nann@mail.example,Ann\nben@mail.example,Ben").write(
        Edits(added=[{"email": "c@mail.example"}])
    )
    expected = b"email,first_name\r\nann@mail.example,Ann\r\nben@mail.example,Ben\r\nc@mail.example,\r\n"
    assert (tmp_path / "subscribers.csv").read_bytes() == expected


def test_a_new_column_stands_behind_the_others(tmp_path: Path) -> None:
    """The titles stay in their order; everybody else has an empty cell there, and reads as before."""
    before = rows_in_of(listed(tmp_path), tmp_path)
    listed(tmp_path).write(Edits({2: {"last_visit": "2026-09-01", "language": "en"}}))
    text = (tmp_path / "subscribers.csv").read_text(encoding="utf-8")
    assert text.startswith("Email;First Name;Notes;status;last_visit;language")
    assert rows_in_of(ListFile(tmp_path / "subscribers.csv", tmp_path), tmp_path) == before
    assert "dan@mail.example;Dan;one;two;;;unsubscribed" in text


def test_nothing_is_written_behind_an_open_quotation_mark(tmp_path: Path) -> None:
    """There it would be lost inside the last row; its line is said, and the list stays as it is."""
    with pytest.raises(ProblemsFound, match=r"subscribers\.csv:11: a quotation mark"):
        listed(tmp_path, MESSY + 'gus@mail.example;"Gus').write(Edits(added=[{"email": "a@mail.example"}]))
    assert (tmp_path / "subscribers.csv").read_bytes() == (MESSY + 'gus@mail.example;"Gus').encode()


def rows_in_of(_: ListFile, folder: Path) -> list[tuple[int, str, str]]:
    """Line, address and verdict of each row."""
    return [(row.line, row.email, row.kind if isinstance(row, LeftOut) else "mailed") for row in rows_in(folder)]


def test_a_list_somebody_else_changed_is_not_overwritten(tmp_path: Path) -> None:
    """What was typed into the file since it was read counts; the command says so and leaves it."""
    stale = listed(tmp_path)
    (tmp_path / "subscribers.csv").write_text(MESSY + "new@mail.example;New;;\n", encoding="utf-8")
    with pytest.raises(CannotWrite, match=r"subscribers\.csv was changed by another program"):
        stale.write(Edits(removed=frozenset({2})))
    assert "new@mail.example" in (tmp_path / "subscribers.csv").read_text(encoding="utf-8")
    assert not stale.before.exists()


def test_a_list_that_appeared_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """The same where there was none at first."""
    stale = ListFile(tmp_path / "subscribers.csv", tmp_path)
    listed(tmp_path)
    with pytest.raises(CannotWrite):
        stale.write(Edits(added=[{"email": "a@mail.example"}]))


def test_the_list_before_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """The state before the last change lies beside the ledger, and neither file can be read by others."""
    now = listed(tmp_path)
    now.path.chmod(0o644)
    now.write(Edits(removed=frozenset({2})))
    assert now.before.read_bytes() == MESSY.encode()
    assert now.before == tmp_path / ".newsletter" / "subscribers.before.csv"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (now.path, now.before)] == [0o600, 0o600]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".newsletter", "subscribers.csv"]


def test_a_link_to_a_list_stays_a_link(tmp_path: Path) -> None:
    """Where subscribers.csv leads elsewhere, what it leads to is written."""
    (tmp_path / "elsewhere").mkdir()
    listed(tmp_path / "elsewhere")
    link = tmp_path / "subscribers.csv"
    link.symlink_to(tmp_path / "elsewhere" / "subscribers.csv")
    ListFile(link, tmp_path).write(Edits(removed=frozenset({2})))
    assert link.is_symlink()
    assert "Anna;again" in (tmp_path / "elsewhere" / "subscribers.csv").read_text(encoding="utf-8")


VALUES = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("=+-@'\"\t\r\n,;|\ufeff\u200b ")), max_size=20)


@settings(max_examples=100, deadline=None)
@given(value=VALUES, other=VALUES, delimiter=st.sampled_from(",;\t|"))
def test_any_value_comes_back_as_it_was_and_no_spreadsheet_runs_it(
    tmp_path_factory: pytest.TempPathFactory, value: str, other: str, delimiter: str
) -> None:
    """Whatever is written into a cell is read back the same, in one line, and does not begin like a formula."""
    folder = tmp_path_factory.mktemp("list")
    begun = listed(folder, delimiter.join(("email", "first_name", "last_name")) + "\n")
    begun.write(Edits(added=[{"email": "a@mail.example", "first_name": value, "last_name": other}]))
    row = ListFile(folder / "subscribers.csv", folder).rows[0]
    assert row.cells == ("a@mail.example", one_line(value), one_line(other))
    (cells,) = list(csv.reader(io.StringIO(begun.path.read_text(encoding="utf-8-sig"), newline=""), delimiter=delimiter))[1:]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


CELLS = st.sampled_from(
    ["", "Anna", "unsubscribed", "active", '"', '"Anna', 'Ann"a', "deceased", "b@mail.example", '"x,y"', "no"]
)
ADDRESSES = st.sampled_from(["a@mail.example", "b@mail.example", '"a@mail.example"', ""])
LINES = st.lists(st.tuples(ADDRESSES, st.lists(CELLS, max_size=4)), max_size=8)


@settings(max_examples=80, deadline=None)
@given(lines=LINES, columns=st.integers(1, 3))
def test_a_wider_list_mails_nobody_new(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, list[str]]], columns: int
) -> None:
    """However broken the rows, a change that adds columns makes nobody mailable who was not, and loses nobody who was."""
    folder = tmp_path_factory.mktemp("list")
    text = "".join(",".join([address, *cells]) + "\n" for address, cells in lines)
    begun = listed(folder, f"email,first_name,status\n{text}")
    before = [row.email for row in rows_in(folder) if isinstance(row, Subscriber)]
    try:
        begun.write(Edits(added=[{"email": "z@mail.example", **{f"kept{n}": "x" for n in range(columns)}}]))
    except ProblemsFound:
        assert text.count('"') > 0
        assert begun.path.read_text(encoding="utf-8").endswith(text)
        return
    after = [row.email for row in rows_in(folder) if isinstance(row, Subscriber)]
    assert after == [*before, "z@mail.example"]
