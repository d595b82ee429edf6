"""Holds that a list is read as spreadsheets and practice systems write it, row by row, and that nothing is dropped in silence."""

from __future__ import annotations

import codecs
import csv
import io
import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import Missing, NewsletterError, ProblemsFound
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList, address_of

EXAMPLES = int(os.environ.get("NEWSLETTER_EXAMPLES", "150"))


def listed(folder: Path, text: str | bytes, encoding: str = "utf-8") -> SubscriberList:
    """A list with this content."""
    path = folder / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return SubscriberList(path, folder)


def rows_of(folder: Path, text: str | bytes, encoding: str = "utf-8") -> list[Subscriber | LeftOut]:
    """Every row of a list with this content."""
    return list(listed(folder, text, encoding).rows())


TABLE = "email;first_name;tags;status\nanna@mail.example;José;patient,seniors;active\nbo@mail.example;Zoë;;\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", b""),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_delimiter_encoding_and_line_end_reads_the_same(
    tmp_path: Path, delimiter: str, encoding: str, mark: bytes, newline: str
) -> None:
    """Whichever program wrote the list, the people in it are the same."""
    text = TABLE.replace(",", "/").replace(";", delimiter).replace("\n", newline)
    rows = rows_of(tmp_path, mark + text.encode(encoding))
    assert [(row.email, row.line, row.fields["first_name"]) for row in rows if isinstance(row, Subscriber)] == [
        ("anna@mail.example", 2, "José"),
        ("bo@mail.example", 3, "Zoë"),
    ]
    assert rows[0].tags == {"patient", "seniors"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "title",
    ["email", "E-mail", "EMAIL ADDRESS", "Email_Address", "e mail", "Mail", " Correo electronico ", '="Email"', '"E-Mail"'],
)
def test_the_address_column_is_known_by_many_names(tmp_path: Path, title: str) -> None:
    """Exports spell their titles as they like."""
    assert listed(tmp_path, f"{title},First Name,Last Visit\na@b.example,c,d\n").columns == ["email", "first_name", "last_visit"]


@pytest.mark.parametrize("title", ["First Name", "firstname", "FNAME", "Given-Name", "nombre"])
def test_other_known_columns_have_their_spellings_too(tmp_path: Path, title: str) -> None:
    """`{{ first_name }}` works whatever the practice system calls it."""
    assert listed(tmp_path, f"email,{title}\n").columns[1] == "first_name"


def test_columns_of_the_practices_own_are_merge_fields(tmp_path: Path) -> None:
    """A free column can be named in an issue; well-known names can always be."""
    fields = listed(tmp_path, "email,Favorite Pet,\n").fields
    assert {"favorite_pet", "column_3", "first_name", "last_name", "email"} <= fields


@pytest.mark.parametrize(
    ("text", "line"),
    [("sep=;\nemail;x\na@b.example;c\n", 3), ("\n\n ,,\nemail,x\na@b.example,c\n", 5), ('"sep=|"\nemail|x\na@b.example|c\n', 3)],
)
def test_what_stands_before_the_titles_is_passed_over(tmp_path: Path, text: str, line: int) -> None:
    """Excel's `sep=` line and blank lines are no titles, and lines are counted from the file's beginning."""
    (row,) = rows_of(tmp_path, text)
    assert (row.email, row.line) == ("a@b.example", line)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('="01234"', "01234"),
        ('"=""01234"""', "01234"),
        ("  Anna  ", "Anna"),
        ("'=1+1", "=1+1"),
        ("'+49 1", "+49 1"),
        ("'t Hooft", "'t Hooft"),
        ("\u200bAnna\ufeff", "Anna"),
        ('"Reyes, Ana"', "Reyes, Ana"),
        ('"5\'6"""', "5'6\""),
        ("5'6\"", "5'6\""),
        ('"one\ntwo"', "one\ntwo"),
        ("{{ email }}", "{{ email }}"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_cell_is_what_a_person_sees(tmp_path: Path, cell: str, value: str) -> None:
    """Wrappings of spreadsheets go, everything else stays letter by letter."""
    (row,) = rows_of(tmp_path, f"email,note\na@b.example,{cell}\n")
    assert isinstance(row, Subscriber)
    assert row.fields["note"] == value


def test_lines_are_those_where_the_rows_begin(tmp_path: Path) -> None:
    """A cell of several lines, blank lines and quotes do not shift the count."""
    text = 'email,"no\nte"\na@b.example,"x\ny\nz"\n\n  \n"b@b.example",q\nc@b.example,"1"\nbad,w\n'
    found = listed(tmp_path, text)
    assert [(row.line, row.email) for row in found.rows()] == [
        (3, "a@b.example"),
        (8, "b@b.example"),
        (9, "c@b.example"),
        (10, "bad"),
    ]
    assert found.blank_rows == 2


@pytest.mark.parametrize(
    ("status", "mailed"),
    [
        ("", True), ("active", True), ("Subscribed", True), (" ACTIVE ", True), ("opted-in", True), ("yes", True),
        ("inactive", False), ("Unsubscribed", False), ("bounced", False), ("deceased", False), ("opted out", False),
        ("Do-Not-Email", False), ("hard_bounced", False), ("no", False), ("activ", False), ("active?", False),
        ("reactive", False),
    ],
)  # fmt: skip
def test_a_status_is_a_whole_word(tmp_path: Path, status: str, mailed: bool) -> None:
    """`inactive` is not `active`, and a status nobody knows mails nobody."""
    (row,) = rows_of(tmp_path, f"email,status\na@b.example,{status}\n")
    assert isinstance(row, Subscriber) == mailed
    if isinstance(row, LeftOut):
        assert row.kind == ("unknown status" if "activ" in status.replace("inactive", "") else "status")
        assert status.strip() in row.reason


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("spelling", ["anna@mail.example", "ANNA@Mail.Example", ' "Anna@mail.example" ', '="anna@mail.example"'])
def test_one_opt_out_outweighs_every_other_row_of_the_address(tmp_path: Path, order: list[int], spelling: str) -> None:
    """Whoever opted out once is not mailed because another row says otherwise, in whichever order they stand."""
    rows = ["anna@mail.example,active", f"{spelling},unsubscribed"]
    found = rows_of(tmp_path, "email,status\n" + "\n".join(rows[i] for i in order) + "\nbo@mail.example,active\n")
    assert [row.kind for row in found[:2] if isinstance(row, LeftOut)] == ["status", "status"]
    assert isinstance(found[2], Subscriber)


def test_an_opt_out_counts_in_a_row_that_is_otherwise_wrong(tmp_path: Path) -> None:
    """A row with a cell too many still says that its address must not be mailed."""
    found = rows_of(tmp_path, "email,status\na@b.example,unsubscribed,oops\na@b.example,active\n")
    assert [row.kind for row in found if isinstance(row, LeftOut)] == ["row", "status"]


def test_a_second_row_of_an_address_is_a_duplicate_in_any_spelling_of_case(tmp_path: Path) -> None:
    """One person gets one mail, and the report names the line of the first row."""
    found = rows_of(tmp_path, "email\nAnna@Mail.Example\nanna@mail.example\nANNA@MAIL.EXAMPLE\nanna+x@mail.example\n")
    assert [type(row) for row in found] == [Subscriber, LeftOut, LeftOut, Subscriber]
    assert found[2] == LeftOut(4, "ANNA@mail.example", "duplicate", "the same address stands in line 2 already.")


@pytest.mark.parametrize(
    ("address", "used"),
    [
        ("a@b.example", "a@b.example"),
        ("A.B+c@Mail.Example", "A.B+c@mail.example"),
        ("o'brien@mail.example", "o'brien@mail.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
        ("", None), ("anna", None), ("a@b", None), ("a@@b.example", None), ("a b@c.example", None), ("a@b.example,", None),
        ("Anna <a@b.example>", None), ("a@b..example", None), (".a@b.example", None), ("a.@b.example", None),
        ("a@-b.example", None),
        ("a@b-.example", None), ("x" * 65 + "@b.example", None), ("a@" + "b" * 64 + ".example", None), ("josé@b.example", None),
        ("a@b.local", None), ("a@b.test", None), ("a@localhost", None), ("a@[127.0.0.1]", None), ('"a b"@c.example', None),
        ("a@b.example\nBcc: c@d.example", None), ("a\0@b.example", None), ("a@b.example; c@d.example", None),
        ("mailto:a@b.example", None),
        ("a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".example", None),
    ],
)  # fmt: skip
def test_an_address_is_used_as_servers_take_it_or_refused_with_a_reason(address: str, used: str | None) -> None:
    """ASCII, the domain in lower case; everything that mail cannot reach says why."""
    found = address_of(address)
    if used is None:
        assert isinstance(found, LeftOut)
        assert found.kind == "address"
        assert len(found.reason) > 10
    else:
        assert found == used


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("a@b.example", None),
        ("a@b.example,x,,,", None),
        ("a@b.example,x,y", "row"),
        (",x", "address"),
        ("x,a@b.example", "address"),
    ],
)
def test_ragged_rows_are_read_or_reported(tmp_path: Path, row: str, kind: str | None) -> None:
    """Missing cells are empty, blank ones too many do no harm, and a cell too many means a comma without quotes."""
    (found,) = rows_of(tmp_path, f"email,name\n{row}\n")
    assert (found.kind if isinstance(found, LeftOut) else None) == kind


@pytest.mark.parametrize(
    ("text", "swallowed"),
    [
        ('email,note\na@b.example,"open\nb@b.example,x\nc@b.example,y\n', 3),
        ('email,note\na@b.example,"open\nb@b.example,x\nc@b.example,"y, z"\nd@b.example,w\n', 3),
        ('email,note\na@b.example,"open\nb@b.example,closed"\nd@b.example,w\n', 2),
        ('email,note\n"a@b.example,x\n', 1),
    ],
)
def test_a_quote_that_is_not_closed_swallows_nobody_in_silence(tmp_path: Path, text: str, swallowed: int) -> None:
    """People behind an open quotation mark are not lost: the row where it opens is reported with how many lines it took."""
    first, *rest = rows_of(tmp_path, text)
    assert isinstance(first, LeftOut)
    if swallowed > 1:
        assert first.kind == "row"
        assert f"{swallowed} lines from here on" in first.reason
    assert first.line == 2
    assert len(rest) == (1 if "d@b" in text else 0)


def test_a_quote_that_swallows_the_rest_of_a_large_file_stops_the_reading(tmp_path: Path) -> None:
    """A list that cannot be read to its end mails nobody, and names the line."""
    text = 'email,note\na@b.example,x\nb@b.example,"open\n' + "c@b.example,y\n" * 20_000
    with pytest.raises(ProblemsFound, match=r"list\.csv:3: a quotation mark"):
        rows_of(tmp_path, text)


def test_a_note_of_many_lines_is_fine(tmp_path: Path) -> None:
    """A properly quoted cell may be as long as it likes."""
    (row,) = rows_of(tmp_path, 'email,note\na@b.example,"' + "\n".join(f"line {n}, and more" for n in range(60)) + '"\n')
    assert isinstance(row, Subscriber)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "names no column for the address (it has: nothing)"),
        ("\n\n", "it has: nothing"),
        ("name,phone\na,b\n", "it has: name, phone"),
        ("email,E-mail\n", "two columns are called `email`"),
        ("email,First Name,first_name\n", "two columns are called `first_name`"),
        ("email", ""),
        ("email,name\n", ""),
    ],
)
def test_the_first_line_is_checked(tmp_path: Path, content: str, words: str) -> None:
    """A list without an address column, or with two, is refused; one without rows is an empty list."""
    if words:
        with pytest.raises(ProblemsFound) as caught:
            listed(tmp_path, content)
        assert words in str(caught.value)
    else:
        assert rows_of(tmp_path, content) == []


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"email\na@b.example\n\xff\xfe\n",
        codecs.BOM_UTF16_LE + "email\na@b.example\n".encode("utf-16-le") + b"x",
        codecs.BOM_UTF16_LE + "email\n".encode("utf-16-le") + b"\x00\xd8\x00\x00",
        b"email,x\na@b.example," + b'"' + b"y" * 200_000,
        bytes(range(256)) * 20,
        b"\0" * 5000,
    ],
)
def test_a_damaged_file_ends_in_words(tmp_path: Path, content: bytes) -> None:
    """Half a letter, a wrong mark or noise is told, never raised as it comes."""
    with pytest.raises(NewsletterError):
        rows_of(tmp_path, content)


def test_no_list_names_what_to_do(tmp_path: Path) -> None:
    """A missing list, and a folder in its place, say what to export."""
    with pytest.raises(Missing, match="Export one"):
        SubscriberList(tmp_path / "none.csv")
    with pytest.raises(Missing, match="cannot be read"):
        SubscriberList(tmp_path)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_rows_out_are_rows_in(tmp_path: Path, delimiter: str) -> None:
    """Good, bad, double and ragged rows: each comes out once, in order, with its line."""
    chance = random.Random(7)
    kinds = ["p{}@mail.example", "bad{}", "", "p1@mail.example", '"q{}@mail.example"', "p{}@mail.example" + delimiter * 3 + "x"]
    rows = [chance.choice(kinds).format(n) for n in range(2000)]
    found = listed(tmp_path, f"email{delimiter}name{delimiter}status\n" + "".join(f"{row}{delimiter}n\n" for row in rows))
    assert [row.line for row in found.rows()] == list(range(2, 2002))


def test_a_list_is_read_as_often_as_one_likes(tmp_path: Path) -> None:
    """The plan, the check and the sending read the same list, and see the same."""
    found = listed(tmp_path, TABLE)
    assert list(found.rows()) == list(found.rows())


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Thirty thousand rows take a few megabytes: some bytes each, not some hundred."""
    path = tmp_path / "list.csv"
    path.write_text("email,first_name,status\n" + "".join(f"p{n}@mail.example,Anna {n},active\n" for n in range(30_000)))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        count = sum(isinstance(row, Subscriber) for row in SubscriberList(path).rows())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak - before < 4_000_000


# Values that mean themselves: no outer space, none of the wrappings that are taken off, no line that looks like a row.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=30).filter(
    lambda value: value == value.strip().strip("\ufeff\u200b") and value[:1] not in ("=", "'") and "@" not in value
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    written=st.fixed_dictionaries(
        {
            "delimiter": st.sampled_from(",;\t|"),
            "lineterminator": st.sampled_from(["\n", "\r\n"]),
            "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        }
    ),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[str]], encoding: str, written: dict[str, Any]
) -> None:
    """Any values in any delimiter and encoding come back letter by letter."""
    if encoding == "cp1252":
        values = [[value.encode("cp1252", "ignore").decode("cp1252") for value in row] for row in values]
        values = [row for row in values if all(value == value.strip() and value[:1] not in ("=", "'") for value in row)]
    out = io.StringIO()
    writer = csv.writer(out, **written)
    writer.writerow(["email", "first_name", "note"])
    writer.writerows([f"p{number}@mail.example", *row] for number, row in enumerate(values))
    path = tmp_path_factory.mktemp("list") / "list.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    found = list(SubscriberList(path).rows())
    assert [[row.fields["first_name"], row.fields["note"]] for row in found if isinstance(row, Subscriber)] == values


@pytest.mark.parametrize(
    ("column", "value", "mailed"),
    [
        ("Unsubscribed", "yes", False), ("Unsubscribed", "2026-01-03", False), ("Unsubscribed", "No", True),
        ("Marketing Consent", "No", False), ("Accepts Marketing", "yes", True),
        ("Unsubscribed", "", True), ("Opt Out", "TRUE", False), ("Do Not Email", "1", False), ("Do Not Email", "0", True),
        ("Deceased", "x", False), ("Subscribed", "no", False), ("Subscribed", "yes", True), ("Subscribed", "", True),
        ("Patient Status", "Deceased", False), ("Patient Status", "Current patient", True),
    ],
)  # fmt: skip
def test_columns_that_opt_out_are_understood(tmp_path: Path, column: str, value: str, mailed: bool) -> None:
    """An opt-out counts under whatever title practice systems give it; other columns' words forbid nothing."""
    (row,) = rows_of(tmp_path, f"email,{column}\na@b.example,{value}\n")
    assert isinstance(row, Subscriber) == mailed
    if isinstance(row, LeftOut):
        assert row.kind == "status"


@pytest.mark.parametrize(
    "broken",
    [
        "d@mail.example,Derek,Lee,,unsubscribed",
        "Derek <d@mail.example>,Derek,unsubscribed",
        '"open,x,active\nd@mail.example,Derek,unsubscribed\ne@mail.example,Eve,active"',
    ],
)
def test_an_opt_out_in_a_broken_row_still_counts(tmp_path: Path, broken: str) -> None:
    """A row that cannot be read otherwise still says who must not be mailed."""
    found = rows_of(tmp_path, f"email,name,status\nd@mail.example,Derek,active\n{broken}\n")
    assert [row for row in found if isinstance(row, Subscriber)] == []


def test_another_list_cannot_bring_back_who_opted_out(tmp_path: Path) -> None:
    """Whom the usual list forbids to mail is left out of any other list too, and the place is named."""
    (tmp_path / "subscribers.csv").write_text("email,status\nd@mail.example,unsubscribed\n")
    (tmp_path / "vip.csv").write_text("email\nD@mail.example\n")
    chosen = SubscriberList(tmp_path / "vip.csv", tmp_path)
    chosen.vetoes = (SubscriberList(tmp_path / "subscribers.csv", tmp_path),)
    (row,) = chosen.rows()
    assert isinstance(row, LeftOut)
    assert "line 2 of subscribers.csv" in row.reason
