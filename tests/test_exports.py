"""Holds that a practice system's export is read as it is: columns understood, private ones left behind, no row lost."""

from __future__ import annotations

import codecs
import csv
import io
import os
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from newsletter.errors import Missing, NewsletterError, ProblemsFound
from newsletter.read.csv_file import clean
from newsletter.read.dates import read_date
from newsletter.read.exports.export import Export, Incoming, Refusal, Wishes, read_export
from newsletter.read.exports.names import whole_name
from newsletter.read.exports.titles import Meaning, meaning_of
from newsletter.read.exports.vcard import cards
from newsletter.read.subscribers import LeftOut

SAMPLES = Path(__file__).parent / "exports"
EXAMPLES = int(os.environ.get("NEWSLETTER_EXAMPLES", "150"))
TODAY = date(2026, 11, 22)
PRIVATE = ("Riverside", "555", "PPO", "HMO", "Okafor", "Medicare", "Neck", "9876", "QX90", "back", "insurer")


def opened(path: Path, *keep: str, country: str = "US", sheet: str | None = None) -> Export:
    """An export, read on a fixed day."""
    return read_export(path, path.parent, Wishes(keep, sheet, country, TODAY))


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """A CSV file with this content."""
    path = folder / "export.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(folder: Path, text: str, *keep: str, country: str = "US") -> list[Incoming | LeftOut]:
    """Every row of a CSV file with this content."""
    return list(opened(written(folder, text), *keep, country=country).people())


def one(folder: Path, text: str, *keep: str, country: str = "US") -> Incoming:
    """The only row of a CSV file, a person."""
    (found,) = read(folder, text, *keep, country=country)
    assert isinstance(found, Incoming)
    return found


def told(row: Incoming | LeftOut) -> str:
    """A row in a few words: who it is and whether a child, or must not be mailed, or why there is nobody."""
    if isinstance(row, LeftOut):
        return f"{row.line} {row.kind}: {row.reason}"
    refused = f" - {row.refusal.whom}" if row.refusal else ""
    agreed = {True: " +", False: " -", None: ""}[row.consent] if not row.refusal else ""
    return f"{row.line} {row.first_name}|{row.last_name} <{row.email}>{' (child)' if row.child else ''}{agreed}{refused}"


READ_AS = {
    "chirotouch.csv": [
        "6 Ana|Reyes <ANA.REYES@mail.example>",
        "7 María|de la Cruz <maria@post.example>",
        "8 Sean|O'Brien <sean@mail.example> - person",
        "9 Lea|Brandt <brandt.family@mail.example> (child)",
        "10 Ute|Brandt <brandt.family@mail.example>",
        "11 Petr|Novak <petr@mail.example> - address",
        "12 address: the address is empty.",
        "13 address: it stands for somebody without an address.",
        "14 Omar|Haddad <haddad@post.example> - person",
        '16 row: it is no person: "Total patients: 9".',
    ],
    "jane.csv": [
        "2 Kate|Walsh <kate.walsh@mail.example> +",
        "3 Daniel|Osei <daniel.osei@mail.example> - person",
        "4 Mei|Tanaka <mei@post.example> (child)",
        "5 Joan|Price <joan@mail.example> - person",
        "6 Luc|Tremblay <luc@mail.example> - person",
        "7 address: it is not an address that mail can reach: The part after the @-sign contains invalid characters: '@'.",
    ],
    "cliniko.csv": [
        "2 Charlie|Nguyen <charlie@mail.example> +",
        "3 Jack|Wilson <jack@mail.example> - person",
        "4 Ruby|Kaur <ruby@post.example>",
        "5 William|Barnes <will@mail.example> - person",
    ],
    "chirohd.csv": [
        "2 Rosa|Abbott <rosa.abbott@mail.example>",
        "3 Juan|Castillo <juan@mail.example>",
        "4 Evita|Castillo <juan@mail.example> (child)",
        "5 Harold|Dunn <harold@mail.example> - person",
        "6 Frieda|Engel <frieda@post.example> - address",
        '7 unknown status: the column "Patient Status" says "Prospect", which we do not know; write Active or Inactive.',
    ],
    "genesis.csv": [
        "4 Luis|Garcia <luis.garcia@mail.example>",
        "5 Mary Ann|McDonald <maryann@mail.example>",
        "6 address: a phone number stands where the address should be.",
        "7 Pearl|Stone <pearl@mail.example> - person",
        "8 Luis|Garcia <luis.garcia@mail.example>",
        '9 row: it is no person: "End of report".',
    ],
    "espanol.csv": [
        "2 Íñigo|Peña López <inigo@correo.example> +",
        "3 María|José Álvarez <mariajose@correo.example> +",
        "4 Tomás|Ibáñez <tomas@correo.example> - person",
        "5 Lucía|Gómez <lucia@correo.example> - person",
        "6 Raúl|Díaz <raul@correo.example> - address",
    ],
    "contacts.vcf": [
        "1 Ana|Reyes <ana@mail.example>",
        "15 Jörg|Müller <joerg@mail.example>",
        "28 Coach|Mensah <kofi@mail.example>",
        "36 address: the address is empty.",
        "42 row: it is a group of cards, not a person.",
    ],
}


@pytest.mark.parametrize("name", READ_AS)
def test_each_export_reads_as_a_person_would_read_it(name: str) -> None:
    """Every row of each system's export is somebody, or is left out with its line and the reason."""
    assert [told(row) for row in opened(SAMPLES / name).people()] == READ_AS[name]


@pytest.mark.parametrize(
    ("name", "system", "described"),
    [
        ("chirotouch.csv", "ChiroTouch", "CSV, UTF-8, separated by commas"),
        ("jane.csv", "Jane", "CSV, UTF-8, separated by commas"),
        ("cliniko.csv", "Cliniko", "CSV, UTF-8, separated by commas"),
        ("chirohd.csv", "ChiroHD", "CSV, UTF-8, separated by commas"),
        ("genesis.csv", "Genesis", "CSV, UTF-8, separated by tabs"),
        ("espanol.csv", None, "CSV, Windows-1252, separated by ;"),
        ("contacts.vcf", None, "vCard"),
    ],
)
def test_the_screen_can_say_where_a_file_is_from(name: str, system: str | None, described: str) -> None:
    """The system is told by its own columns, and the kind of file by what is in it."""
    export = opened(SAMPLES / name)
    assert (export.system, export.described) == (system, described)


@pytest.mark.parametrize("name", READ_AS)
def test_health_and_identity_data_is_left_behind(name: str) -> None:
    """Nothing of a column that was not asked for is in what is read, and each such column says why it is not kept."""
    export = opened(SAMPLES / name)
    assert not [word for row in export.people() if isinstance(row, Incoming) for word in PRIVATE if word in repr(row)]
    assert all(column.why for column in export.columns if not column.name)


def test_the_same_people_read_the_same_from_every_kind_of_file(tmp_path: Path) -> None:
    """The program that wrote the list makes no difference to who is in it."""
    rows = [
        ["Patient Name", "Email", "DOB", "Last Visit", "Status", "Zip"],
        ["Márquez, José", "jose@mail.example", "05/12/1980", "11/03/2026", "Active", "00412"],
        ["Ito, Zoë", "zoe@mail.example", "06/30/2015", "10/25/2026", "Active", "84601"],
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    other = "\n".join(";".join(cells) for cells in rows)
    contents = {
        "utf-8": text.getvalue().encode(),
        "bom": codecs.BOM_UTF8 + text.getvalue().encode(),
        "cp1252": other.encode("cp1252"),
        "utf-16": "\n".join("\t".join(cells) for cells in rows).encode("utf-16"),
    }
    found = []
    for name, content in contents.items():
        path = tmp_path / f"{name}.txt"
        path.write_bytes(content)
        found.append(list(opened(path, "Last Visit", "Zip").people()))
    book = Workbook()
    for row in rows:
        book.active.append([datetime.strptime(cell, "%m/%d/%Y") if cell.count("/") == 2 else cell for cell in row])
    for line in (2, 3):
        cell = book.active.cell(line, 6)
        cell.value, cell.number_format = int(cell.value), "00000"
    book.save(tmp_path / "list.dat")
    found.append(list(opened(tmp_path / "list.dat", "Last Visit", "Zip").people()))
    assert found[0] == found[1] == found[2] == found[3] == found[4]
    assert found[0][0].kept == (("last_visit", "2026-11-03"), ("zip", "00412"))  # type: ignore[union-attr]
    assert [row.child for row in found[0] if isinstance(row, Incoming)] == [False, True]


@pytest.mark.parametrize(
    ("title", "meaning"),
    [
        ("E-mail", "EMAIL"), ("Patient Email Address", "EMAIL"), ("EMAIL_ADDR", "EMAIL"), ("ptEMail", "EMAIL"),
        ("Correo electrónico", "EMAIL"), ("E-mail 1 - Value", "EMAIL"), ("Work Email", "EMAIL"), ("E-mail 1 - Type", "OTHER"),
        ("Emergency Contact Email", "PRIVATE"), ("Guardian Email", "PRIVATE"), ("Invoice email", "PRIVATE"),
        ("Email Opt-Out", "OPT_OUT"), ("Do not email", "OPT_OUT"), ("No emails", "OPT_OUT"), ("Unsubscribed at", "OPT_OUT"),
        ("No enviar correos", "OPT_OUT"), ("UNSUB_TIME", "OPT_OUT"), ("Invalid Email", "OPT_OUT"),
        ("Unsubscribe Link", "OTHER"), ("Marketing Emails", "CONSENT"), ("Contact by email", "CONSENT"),
        ("HIPAA email consent", "CONSENT"), ("Email communications", "CONSENT"),
        ("Do Not Call/Text/Email", "OPT_OUT"), ("Do not call", "OTHER"),
        ("SMS Opt Out", "OTHER"), ("Text Opt-In", "OTHER"), ("Accepted SMS marketing", "OTHER"),
        ("Accepted email marketing", "CONSENT"), ("Receive Marketing Emails", "CONSENT"), ("OK to Email?", "CONSENT"),
        ("Newsletter", "CONSENT"), ("Consentimiento", "CONSENT"), ("Consent Date", "CONSENT_DATE"),
        ("Opt-In Source", "CONSENT_SOURCE"), ("Consent to Treat", "OTHER"), ("HIPAA Consent", "OTHER"),
        ("Accepted privacy policy", "OTHER"), ("Email reminders", "OTHER"), ("Receives confirmation emails", "OTHER"),
        ("Communication Preferences", "PREFERENCES"), ("Preferred Contact Method", "PREFERENCES"),
        ("Activity Status", "STATUS"),
        ("Patient Status", "STATUS"), ("Email Subscription Status", "STATUS"), ("Is Active", "STATUS"),
        ("Marital Status", "PRIVATE"), ("Insurance Status", "PRIVATE"), ("Appointment Status", "PRIVATE"),
        ("Inactive", "GONE"), ("Date of Death", "GONE"), ("Archived at", "GONE"), ("Fallecido", "GONE"),
        ("FName", "FIRST"), ("Patient First Name", "FIRST"), ("Given Name", "FIRST"), ("Surname", "LAST"),
        ("Apellidos", "LAST"), ("Patient", "FULL"), ("Name (Last, First)", "FULL"), ("Nombre completo", "FULL"),
        ("Goes By", "PREFERRED"), ("Company Name", "OTHER"), ("Maiden Name", "OTHER"),
        ("Last Appt", "LAST_VISIT"), ("Date of Last Visit", "LAST_VISIT"), ("Última visita", "LAST_VISIT"),
        ("Next Appointment", "PRIVATE"), ("Last Appointment Type", "PRIVATE"), ("D.O.B.", "BIRTH"), ("Birth Sex", "PRIVATE"),
        ("Age", "AGE"), ("Minor", "CHILD"), ("Parent/Guardian", "GUARDIAN"), ("Responsible Party", "PRIVATE"),
        ("Group Membership", "TAGS"), ("Group #", "PRIVATE"), ("Idioma", "LANGUAGE"), ("ICD-10", "PRIVATE"),
        ("Chart #", "PRIVATE"), ("SSN", "PRIVATE"), ("Member ID", "PRIVATE"), ("Cell Phone", "PRIVATE"), ("Zip", "PRIVATE"),
        ("Favorite Pet", "OTHER"),
    ],
)  # fmt: skip
def test_a_title_is_understood_by_its_words(title: str, meaning: str) -> None:
    """An address is only taken for one of the patient's own, a consent only for one to be mailed; identity data is private."""
    assert meaning_of(title) is Meaning[meaning]


@pytest.mark.parametrize(
    ("written_as", "first", "last"),
    [
        ("Reyes, Ana", "Ana", "Reyes"), ("Reyes, Ana M.", "Ana", "Reyes"), ("Ana Reyes", "Ana", "Reyes"),
        ("Dr. Ana Reyes, D.C.", "Ana", "Reyes"), ("de la Cruz, María", "María", "de la Cruz"), ("REYES, ANA", "Ana", "Reyes"),
        ("DE LA CRUZ, MARÍA", "María", "de la Cruz"), ("O'BRIEN, SEAN", "Sean", "O'Brien"), ("Smith, Jr., John", "John", "Smith"),
        ("Smith Jr., John", "John", "Smith"), ("Smith, Mary Ann", "Mary Ann", "Smith"),
        ("Smith, William (Bill)", "Bill", "Smith"),
        ('Ana "Annie" Reyes', "Annie", "Reyes"), ("Smith, John (minor)", "John", "Smith"),
        ("Ana & Ben Reyes", "Ana and Ben", "Reyes"),
        ("J. Robert Lund", "Robert", "Lund"), ("ana reyes", "Ana", "Reyes"), ("MCDONALD, AJ", "AJ", "McDonald"),
        ("Cher", "Cher", ""),
        ("Sra. Lucía Gómez Peña", "Lucía", "Gómez Peña"), ("van Dyke, Pia", "Pia", "van Dyke"), (",", "", ""),
        ("Smith-Jones, Mary", "Mary", "Smith-Jones"),
    ],
)  # fmt: skip
def test_a_name_in_one_cell_has_its_parts(written_as: str, first: str, last: str) -> None:
    """The greeting gets the name somebody goes by, without titles and initials, however the list writes it."""
    assert whole_name(written_as) == (first, last)


@pytest.mark.parametrize(
    ("text", "country", "day"),
    [
        ("2026-11-22", "US", "2026-11-22"), ("11/22/2026", "US", "2026-11-22"), ("22/11/2026", "US", "2026-11-22"),
        ("4/5/2026", "US", "2026-04-05"), ("4/5/2026", "GB", "2026-05-04"), ("4.5.2026", "US", "2026-05-04"),
        ("Nov 22, 2026", "US", "2026-11-22"), ("Sunday, November 22nd, 2026", "US", "2026-11-22"),
        ("22-Nov-26", "US", "2026-11-22"), ("22 de noviembre de 2026", "ES", "2026-11-22"), ("20261122", "US", "2026-11-22"),
        ("11/22/2026 6:14 PM", "US", "2026-11-22"), ("2026-11-22T18:14:00Z", "US", "2026-11-22"), ("5/12/58", "US", "2058-05-12"),
        ("5/12/80", "US", "1980-05-12"), ("", "US", None), ("soon", "US", None), ("31/02/2026", "US", None),
        ("0000-00-00", "US", None), ("1/1/0001", "US", None), ("801-555-0142", "US", None), ("12/2026", "US", None),
        ("May 2026", "US", None),
    ],
)  # fmt: skip
def test_a_date_is_read_as_the_country_writes_it(text: str, country: str, day: str | None) -> None:
    """Only a date that can be read two ways needs the country."""
    found = read_date(text, country)
    assert (found.isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("shows", "country", "kept"), [("1/30/2026", "GB", "2026-04-05"), ("30/1/2026", "US", "2026-05-04"), ("", "GB", "2026-05-04")]
)
def test_one_date_that_shows_its_order_decides_for_the_column(tmp_path: Path, shows: str, country: str, kept: str) -> None:
    """4/5 is the fourth of May in a column where 30/1 stands, wherever the practice is."""
    first, _ = read(tmp_path, f"Email,Last Visit\na@b.example,4/5/2026\nc@d.example,{shows}\n", "last_visit", country=country)
    assert isinstance(first, Incoming)
    assert first.kept == (("last_visit", kept),)


@pytest.mark.parametrize(
    ("title", "cell", "whom"),
    [
        ("Unsubscribed", "Yes", "address"), ("Unsubscribed", "2026-03-01", "address"), ("Unsubscribed", "no", ""),
        ("Unsubscribed", "-", ""), ("Opt Out", "Opted in", ""), ("Opt Out", "0000-00-00", ""), ("Do not email", "x", "address"),
        ("Communication preferences", "Email, SMS", ""), ("Communication preferences", "No emails", "address"),
        ("Communication preferences", "Email: off; SMS: on", "address"), ("Communication preferences", "Phone only", "address"),
        ("Communication preferences", "Email only", ""), ("Communication preferences", "No SMS, email", ""),
        ("Communication preferences", "None", "address"), ("Email consent", "No", "person"),
        ("Email consent", "Withdrawn", "address"),
        ("Email consent", "Yes", ""), ("Email consent", "n/a", ""), ("Subscribed", "No", "address"),
        ("Status", "Active", ""), ("Status", "inactive", "person"), ("Status", "Inactive - moved away", "person"),
        ("Status", "Active / Wellness", ""), ("Status", "Active, deceased", "person"), ("Status", "Not active", "person"),
        ("Status", "unsubscribed", "address"), ("Status", "Hard-Bounced", "address"), ("Status", "", ""),
        ("Status", "Cleaned", "address"), ("Status", "passed away", "person"),
        ("Active", "No", "person"),
        ("Active", "TRUE", ""), ("Inactive", "TRUE", "person"), ("Inactive", "FALSE", ""), ("Deceased", "", ""),
        ("Date of death", "03/04/2025", "person"), ("Estado", "Dado de baja", "address"), ("Estado", "Fallecida", "person"),
    ],
)  # fmt: skip
def test_whoever_must_not_be_mailed_is_refused(tmp_path: Path, title: str, cell: str, whom: str) -> None:
    """An opt-out or a bounce is the address's, a death or a discharge only that person's; the reason quotes the column."""
    found = one(tmp_path, f'Email,{title}\na@b.example,"{cell}"\n')
    assert (found.refusal.whom if found.refusal else "") == whom
    assert found.refusal is None or (title in found.refusal.reason and cell in found.refusal.reason)


@pytest.mark.parametrize("cell", ["reactive", "inactivated?", "activ", "Prospect", "Active?No"])
def test_a_state_we_do_not_know_leaves_its_person_out(tmp_path: Path, cell: str) -> None:
    """States are compared as whole words, and the reason says which word it was."""
    (found,) = read(tmp_path, f"Email,Status\na@b.example,{cell}\n")
    assert isinstance(found, LeftOut)
    assert (found.kind, cell in found.reason) == ("unknown status", True)


def test_what_concerns_the_address_outweighs_what_concerns_the_person(tmp_path: Path) -> None:
    """Somebody who opted out before they died still opted out for everybody at that address."""
    found = one(tmp_path, "Email,Status,Unsubscribed\na@b.example,deceased,yes\n")
    assert found.refusal == Refusal("address", 'the column "Unsubscribed" says "yes".')


def test_an_opt_out_counts_in_a_row_that_is_broken(tmp_path: Path) -> None:
    """A comma too many hides no opt-out, and makes none of a plain No."""
    out, no = read(tmp_path, "Name,Email,Status\nReyes, Ana,a@b.example,unsubscribed\nIto, Ken,k@b.example,No\n")
    assert told(out) == "2 | <a@b.example> - address"
    assert isinstance(no, LeftOut)


def test_a_row_that_repeats_somebody_but_says_no_is_not_passed_over(tmp_path: Path) -> None:
    """The second row of a person can be the one with the opt-out."""
    rows = read(tmp_path, "Name,Email,Opt Out\nAna,a@b.example,\nAna,A@B.example,\nAna,a@b.example,yes\nBen,a@b.example,\n")
    assert [told(row) for row in rows] == [
        "2 Ana| <a@b.example>",
        "3 Ana| <A@b.example>",
        "4 Ana| <a@b.example> - address",
        "5 Ben| <a@b.example>",
    ]


def test_a_consent_brings_its_date_and_source(tmp_path: Path) -> None:
    """Where no column says how somebody agreed, the column that says they did is the source."""
    titles = "Email,Email consent,Consent date,Consent source\n"
    said = one(tmp_path, titles + "a@b.example,yes,3/14/2026,front desk form\n")
    assert (said.consent, said.consent_date, said.consent_source) == (True, "2026-03-14", "front desk form")
    dated = one(tmp_path, "Email,Newsletter\na@b.example,2026-03-14\n")
    assert (dated.consent, dated.consent_date, dated.consent_source) == (True, "2026-03-14", "CSV export, Newsletter: 2026-03-14")
    assert one(tmp_path, titles + "a@b.example,,,\n").consent is None


@pytest.mark.parametrize(
    ("titles", "cells", "child"),
    [
        ("Birthday", "11/23/2008", True), ("Birthday", "11/22/2008", False), ("Birthday", "5/12/58", False),
        ("Age", "17", True), ("Age", "18", False), ("Minor", "Yes", True), ("Minor", "No", False),
        ("Guardian", "Juan Castillo", True), ("Guardian", "Self", False), ("Guardian,DOB", "Juan Castillo,1/1/1950", False),
    ],
)  # fmt: skip
def test_a_child_is_known_by_birth_date_age_or_a_column_that_says_so(
    tmp_path: Path, titles: str, cells: str, child: bool
) -> None:
    """A child is not addressed as a patient; a birth date outweighs what else is said."""
    assert one(tmp_path, f"Email,{titles}\na@b.example,{cells}\n").child is child


@pytest.mark.parametrize(
    ("row", "email"),
    [
        ("a@b.example,c@d.example,p@q.example", "p@q.example"), ("a@b.example,c@d.example,", "c@d.example"),
        ("a@b.example,,", "a@b.example"), (",c@d.example,none", "c@d.example"), ("Ana <a@b.example>,,", "a@b.example"),
        ("mailto:a@b.example,,", "a@b.example"), ("a@b.example; c@d.example,,", "a@b.example"),
        ("a@b.example ::: c@d.example,,", "a@b.example"),
    ],
)  # fmt: skip
def test_the_best_of_several_addresses_is_taken(tmp_path: Path, row: str, email: str) -> None:
    """The primary address comes first, then the next one that mail can reach, and a work address last."""
    assert one(tmp_path, f"Work Email,Email,Primary Email\n{row}\n").email == email


@pytest.mark.parametrize(
    ("row", "kind", "reason"),
    [
        ("Ana,,", "address", "the address is empty."),
        ("Ana,801-555-0142,", "address", "a phone number stands"),
        ("Ana,declined,", "address", '"declined" stands where the address should be'),
        ("Ana,no.email@mail.example,", "address", "without an address"),
        ("a@b.example,Ana,", "row", 'the address stands under "First Name"'),
        ("First Name,Email,Notes", "row", "it repeats the titles."),
        ("Ana,a@b.example,x,y", "row", "it has 4 cells where there are 3 titles"),
        ('Ana,a@b.example,"x\nBen,b@b.example,y', "row", "is not closed"),
        ("Total: 214,,", "row", "it is no person"),
    ],
)
def test_a_row_that_is_nobody_says_why(tmp_path: Path, row: str, kind: str, reason: str) -> None:
    """Every row left out has its line, its kind and a reason a receptionist can act on."""
    (found,) = read(tmp_path, f"First Name,Email,Notes\n{row}\n")
    assert isinstance(found, LeftOut)
    assert (found.line, found.kind, reason in found.reason) == (2, kind, True), found


@pytest.mark.parametrize("wish", ["Member ID", "member id", "member_id"])
def test_a_private_column_is_kept_when_asked_for_by_name(tmp_path: Path, wish: str) -> None:
    """The title or the name it would have in subscribers.csv will do."""
    path = written(tmp_path, "Email,Member ID,Phone\na@b.example,X1,555\n")
    export = opened(path, wish)
    assert [column.name for column in export.columns] == ["email", "member_id", ""]
    assert next(export.people()).kept == (("member_id", "X1"),)  # type: ignore[union-attr]


def test_all_that_is_wrong_with_the_columns_is_said_at_once(tmp_path: Path) -> None:
    """A wished column that is not there gets a suggestion, and its place in the file."""
    path = written(tmp_path, "Report\n\nEmail,Last Visit\na@b.example,\n")
    with pytest.raises(ProblemsFound) as caught:
        opened(path, "Last Vist", "Shoe size")
    assert str(caught.value).splitlines() == [
        'export.csv:3: there is no column "Last Vist". Did you mean "Last Visit"?',
        'export.csv:3: there is no column "Shoe size". Known here: Email, Last Visit.',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name,Phone\nAna,555\n", "no column holds the addresses (the titles are: Name, Phone)"),
        ("1042,REYES,ANA,ana@mail.example,FALSE\n1043,NOVAK,PETR,petr@mail.example,FALSE\n", "there is no line of titles"),
        ("", "the file is empty."),
    ],
)
def test_a_list_without_addresses_or_titles_says_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    """Which cell is a name and which an opt-out is not guessed where nothing says so."""
    with pytest.raises(ProblemsFound, match=message.replace("(", r"\(").replace(")", r"\)")):
        opened(written(tmp_path, text))


def test_a_column_full_of_addresses_needs_no_title_we_know(tmp_path: Path) -> None:
    """Where no title says so, the addresses tell which column holds them."""
    assert one(tmp_path, "First Name,Last Name,Elektropost\nAna,Reyes,a@b.example\n").email == "a@b.example"


def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path) -> None:
    """Titles and names broken over lines, as spreadsheets write them, do not break the row."""
    found = one(tmp_path, 'Patients\n"Name ","E-Mail\nAddress",Notes\n"Reyes, Ana\n",ana@mail.example,x\n')
    assert (found.first_name, found.last_name, found.email) == ("Ana", "Reyes", "ana@mail.example")


def test_tags_of_a_phone_book_lose_its_marks(tmp_path: Path) -> None:
    """Google writes groups as `Runners ::: * myContacts`."""
    assert one(tmp_path, "E-mail 1 - Value,Labels\na@b.example,Runners ::: * myContacts\n").tags == ("runners",)


def xlsx(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    """A workbook with these sheets."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


PEOPLE: list[list[object]] = [["Patients"], [], ["Name", "Email", "Id"], ["Ana", "ana@mail.example", 1042.0]]


def test_the_sheet_with_the_people_is_found(tmp_path: Path) -> None:
    """A workbook can begin with notes; the sheet can also be named, and a slip gets a suggestion."""
    path = xlsx(tmp_path / "a.xlsx", ("Notes", [["Call Ana"]]), ("List", PEOPLE), ("Old", PEOPLE))
    export = opened(path, "Id")
    assert export.described == 'Excel, sheet "List" (also with people: Old)'
    assert [(row.line, row.email, row.kept) for row in export.people() if isinstance(row, Incoming)] == [
        (4, "ana@mail.example", (("id", "1042"),))
    ]
    assert opened(path, sheet="Old").described.startswith('Excel, sheet "Old"')
    with pytest.raises(ProblemsFound, match=r'there is no sheet "Lst"\. Did you mean "List"'):
        opened(path, sheet="Lst")


def test_formatted_rows_without_end_are_not_read_to_their_end(tmp_path: Path) -> None:
    """A sheet formatted down to its last line is read as far as the people go, and says where it stopped."""
    path = tmp_path / "a.xlsx"
    xlsx(path, ("List", PEOPLE))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    empty = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (line, line) for line in range(5, 30_000))
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", empty + b'<row r="1048576"><c r="A1048576" s="0"/></row></sheetData>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    person, end = opened(path).people()
    assert isinstance(person, Incoming)
    assert told(end) == "5 row: 10000 empty rows begin here, and nothing below them was read; delete them if people follow."


def bomb(path: Path) -> None:
    """A workbook of some 100 kB whose texts would be 101 MB."""
    xlsx(path, ("List", PEOPLE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(101 << 20))


def archive_of(path: Path, *names: str) -> None:
    """A ZIP archive with these files, each of which says it is a spreadsheet."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
            "this is an old Excel file (.xls). Open it,",
        ),
        (
            lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")),
            "locked with a password",
        ),
        (lambda path: archive_of(path, "mimetype", "content.xml"), "this is an OpenDocument file (.ods)"),
        (lambda path: archive_of(path, "Index/Document.iwa"), "this is a Numbers file"),
        (lambda path: archive_of(path, "xl/workbook.bin"), "this is a binary Excel workbook"),
        (lambda path: archive_of(path, "list.csv"), "this is an archive (.zip) and no list. Unpack it"),
        (lambda path: archive_of(path, "xl/workbook.xml"), "the Excel file is damaged"),
        (lambda path: path.write_bytes(b"PK\x03\x04 and nothing more"), "the Excel file is damaged"),
        (lambda path: path.write_bytes(xlsx(path, ("List", PEOPLE)).read_bytes()[:3000]), "the Excel file is damaged"),
        (bomb, "far too large for a list"),
        (lambda path: path.write_bytes(b"%PDF-1.7 ..."), "this is a PDF document"),
        (lambda path: path.write_bytes(b"<html><table><tr><td>Email</td></tr></table>"), "this is a web page"),
        (lambda path: path.write_bytes(b'[{"email": "a@b.example"}]'), "this is a JSON file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64)), "this is a picture"),
        (lambda path: path.write_bytes(b"\x7fELF\x02\x01" + bytes(9) + b"x" * 400), "no list in a form we know"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_the_way_out(tmp_path: Path, make: object, message: str) -> None:
    """The name of a file does not matter, and what cannot be read says what to save it as."""
    path = tmp_path / "export.csv"
    make(path)  # type: ignore[operator]
    with pytest.raises(ProblemsFound) as caught:
        list(opened(path).people())
    assert message in str(caught.value)
    assert str(caught.value).startswith("export.csv: ")


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """A slip in the name and a folder's name are sentences too."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Missing, match="There is no file"):
            opened(path)


def long_list(folder: Path, rows: int) -> Export:
    """An export with as many people."""
    path = folder / "long.csv"
    with path.open("w") as stream:
        stream.write("Patient Name,Email,Status,Phone\n")
        stream.writelines(f'"Reyes, Ana{number}",ana{number}@mail.example,Active,555\n' for number in range(rows))
    return opened(path)


def test_a_hundred_thousand_rows_are_read(tmp_path: Path) -> None:
    """A large practice's export is read whole."""
    assert sum(isinstance(row, Incoming) for row in long_list(tmp_path, 100_000).people()) == 100_000


def test_a_long_list_is_read_in_flat_memory(tmp_path: Path) -> None:
    """A row is forgotten when the next one is read; only a few bytes of it stay, to know it again."""
    export = long_list(tmp_path, 10_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in export.people():
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 3_000_000


TITLES = st.sampled_from(
    (
        "Name",
        "First Name",
        "Last Name",
        "DOB",
        "Last Visit",
        "Status",
        "Consent",
        "Opt Out",
        "Tags",
        "Guardian",
        "Age",
        "Notes",
        "",
    )
)
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["a@b.example", "Reyes, Ana", "yes", "no", "1/2/2026", "(", '"', "Dr.", "&", "=1+1", "active", "x" * 5000]),
)


def test_an_opt_out_holds_for_every_address_of_the_row(tmp_path: Path) -> None:
    """Two address columns, or two addresses in one cell: who opted out is not mailed at the other one; a yes takes the first."""
    text = "Email,Secondary Email,Do Not Email\na@mail.example,b@post.example,Yes\nc@mail.example;d@post.example,,Yes\n"
    text += "e@mail.example,f@mail.example,\n"
    found = [row for row in opened(written(tmp_path, text)).people() if isinstance(row, Incoming)]
    assert [(row.line, row.email[0], bool(row.refusal)) for row in found] == [
        *((2, letter, True) for letter in "ab"),
        *((3, letter, True) for letter in "cd"),
        (4, "e", False),
    ]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    titles=st.lists(TITLES, min_size=1, max_size=8),
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_the_cells_no_row_is_lost(tmp_path: Path, titles: list[str], rows: list[list[str]], delimiter: str) -> None:
    """Every row that is not blank is a person or says why not, and nothing but sentences is raised."""
    text = io.StringIO()
    rows = [[cell.replace("\0", "") for cell in row] for row in rows]
    csv.writer(text, delimiter=delimiter).writerows([["Email", *titles], *rows])
    found = list(opened(written(tmp_path, text.getvalue()), *(["Last Visit"] if "Last Visit" in titles else [])).people())
    assert len({row.line for row in found}) == sum(any(map(clean, row)) for row in rows)
    assert all(row.reason for row in found if isinstance(row, LeftOut))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400), st.sampled_from([b"", b"BEGIN:VCARD\n", b"PK\x03\x04", b"Email,Name\n", b"\xff\xfe"]))
def test_no_bytes_lead_to_anything_but_a_sentence(tmp_path: Path, content: bytes, start: bytes) -> None:
    """A broken file of any kind is refused in words, or read as far as it can be."""
    path = tmp_path / "export"
    path.write_bytes(start + content)
    with suppress(NewsletterError):
        assert all(isinstance(row, Incoming | LeftOut) for row in opened(path).people())


def test_cards_are_read_though_they_are_not_well_formed() -> None:
    """An agent's card inside another is passed over, and one that is not closed ends where the next begins."""
    text = "BEGIN:VCARD\nFN:A\nAGENT:\nBEGIN:VCARD\nFN:B\nEND:VCARD\nEMAIL:a@b.example\nBEGIN:VCARD\nFN:C\n"
    found = [(line, [(entry.name, entry.value) for entry in card]) for line, card in cards(text.splitlines())]
    assert found == [(1, [("FN", "A"), ("AGENT", ""), ("EMAIL", "a@b.example")]), (8, [("FN", "C")])]
