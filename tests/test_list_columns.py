"""Titles of columns as practice systems write them: what each says is in the column, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_desk import LIST, Desk
from hypothesis import given
from hypothesis import strategies as st
from trips_list import with_column

from newsletter.check import preflight
from newsletter.check.finding import Severity
from newsletter.check.people.column_titles import CONSENT, ColumnTitles
from newsletter.errors import ProblemsFound
from newsletter.ledger.keys import STAND_IN
from newsletter.read.columns import column_name
from newsletter.read.subscribers import KNOWN_FIELDS

TITLES = ColumnTitles()
IDENTITY, RECORD, BIRTH, HEALTH = "identity numbers", "medical record numbers", "dates of birth", "health information"
MONEY, PHONE, STREET, VISITS = "details of insurance and payments", "telephone numbers", "postal addresses", "dates of visits"


def kind_of(title: str) -> str:
    """What a column with this title holds, or nothing."""
    column = TITLES.of(column_name(title))
    return column.kind if column else ""


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        *((title, BIRTH) for title in ("DOB", "D.O.B.", "Date of Birth", "DateOfBirth", "PatientDOB", "Birth Date", "birthdate")),
        *((title, BIRTH) for title in ("DOB (mm/dd/yyyy)", "Birthday", "Fecha de nacimiento", "Cumpleaños", "Year of birth")),
        *(
            (title, IDENTITY)
            for title in ("SSN", "S.S.N.", "Social Security Number", "SSN (last 4)", "Medicare #", "CURP", "DNI")
        ),
        *((title, IDENTITY) for title in ("Driver's License", "NHS Number", "Passport No.")),
        *(
            (title, RECORD)
            for title in ("MRN", "Medical Record No.", "Chart #", "Patient ID", "PatientID", "Expediente", "Case No")
        ),
        *(
            (title, HEALTH)
            for title in ("Diagnosis", "Diagnoses 1", "Dx", "DX1", "ICD-10 Code", "icd10", "Condition", "Conditions")
        ),
        *((title, HEALTH) for title in ("Chief Complaint", "Symptoms", "Allergies", "Medications", "Rx", "Injury Date", "X-Ray")),
        *(
            (title, HEALTH)
            for title in ("Pain Level", "Back pain", "Pregnant?", "Health History", "Treatment Plan", "Weight (lb)")
        ),
        *(
            (title, HEALTH)
            for title in ("Diagnóstico", "Síntomas", "Alergias", "Motivo de consulta", "Embarazada", "Workers Comp")
        ),
        *((title, MONEY) for title in ("Insurance", "Primary Ins.", "insurancecompany", "Policy Number", "Insured by", "Co-pay")),
        *((title, MONEY) for title in ("Balance Due", "Payer", "Member ID", "Seguro médico", "Aseguradora", "Deductible Met")),
        *((title, PHONE) for title in ("Phone", "Cell Phone", "CellPhone", "Home Phone #", "Mobile", "Teléfono", "Móvil", "Fax")),
        *((title, STREET) for title in ("Address", "Address 1", "Street", "Mailing Address", "HomeAddress", "Dirección")),
        *((title, VISITS) for title in ("Last Visit", "lastvisit", "Next Appt. Date", "Patient since", "Última visita")),
        *(
            (title, CONSENT)
            for title in ("consent_source", "Opt-in date", "OPTIN_TIME", "Signup Source", "Consentimiento", "GDPR")
        ),
    ],
)
def test_titles_that_say_something(title: str, kind: str) -> None:
    """The same column has many names, in English and in Spanish, with signs, run together, or numbered."""
    assert kind_of(title) == kind


@pytest.mark.parametrize(
    "title",
    [
        *KNOWN_FIELDS[:5],
        *("status", "Air conditioning", "air_conditioning", "Adobe ID", "Dobson", "Terms and Conditions", "Condiciones de uso"),
        *("Doctor", "Provider", "Practitioner", "Nickname", "Salutation", "Gender", "State", "ZIP", "City", "Country", "Company"),
        *("Headphones", "iPhone", "Mobile app", "Email Address 2", "Web address", "Interest: headaches", "Newsletter topic pain"),
        *(
            "Painter",
            "Borneo",
            "Charter",
            "Org chart",
            "Privacy policy",
            "Customer",
            "Member",
            "Patient",
            "Birthday club",
            "Anrede",
        ),
        *("Photo consent", "Referral source", "Subscriber ID", "Telos", "Rxjs", "", "!!!", "性別", "x" * 500),
    ],
)
def test_titles_that_only_look_so(title: str) -> None:
    """A title is judged by its whole words, and by the words around them."""
    assert kind_of(title) == ""


@given(st.text(max_size=200))
def test_any_title_can_be_read(title: str) -> None:
    """Whatever stands in the first line of a list, nothing breaks."""
    assert isinstance(kind_of(title), str)


def test_every_kind_says_why_and_how_bad() -> None:
    """A column that is found fault with comes with a reason and a source."""
    for column in TITLES.known:
        assert column.source.startswith("https://")
        assert column.level.upper() in Severity.__members__
        assert column.why or column.kind == CONSENT


def test_phones_weigh_more_where_the_list_is_of_patients(tmp_path: Path) -> None:
    """A telephone number beside an address is an error on a list of patients, else a warning."""
    desk = Desk.at(tmp_path / "practice").people(with_column("Phone", "(801) 555-0199"))
    assert [finding.severity for finding in preflight.run(desk.evidence(), ["L03"]).findings] == [Severity.ERROR]
    desk.in_practice("patients: yes", "patients: no")
    assert [finding.severity for finding in preflight.run(desk.evidence(), ["L03"]).findings] == [Severity.WARNING]


def test_one_finding_for_a_kind(tmp_path: Path) -> None:
    """Ten columns of one kind are one finding that names six of them, at the line of the titles."""
    titles = [f"Diagnosis {number}" for number in range(10)]
    header, *rows = LIST.splitlines()
    people = "\n".join(["sep=,", ",".join([header, *titles]), *(row + ",lumbago" * 10 for row in rows)])
    (finding,) = preflight.run(Desk.at(tmp_path / "practice").people(people + "\n").evidence(), ["L03"]).findings
    assert finding.place == "subscribers.csv:2"
    assert "`diagnosis_5` and 4 more" in finding.harm


def test_a_practice_adds_titles_of_its_own(tmp_path: Path) -> None:
    """`rules/list_columns.yaml` in a practice's folder names further columns; a level that there is not is told with its file."""
    desk = Desk.at(tmp_path / "practice").people(with_column("Sleep score", "7"))
    assert preflight.run(desk.evidence(), ["L03"]).findings == ()
    own = desk.folder / "rules" / "list_columns.yaml"
    own.parent.mkdir()
    own.write_text("entries:\n  - {kind: sleep, level: warning, titles: [sleep*], why: nobody else needs it}\n")
    (finding,) = preflight.run(desk.evidence(), ["L03"]).findings
    assert "sleep in the column `sleep_score`: nobody else needs it" in finding.harm
    own.write_text("entries:\n  - {kind: sleep, level: terrible, titles: [sleep*], why: nobody else needs it}\n")
    with pytest.raises(ProblemsFound, match=r"rules/list_columns\.yaml.*terrible"):
        preflight.run(desk.evidence(), ["L03"])


@pytest.mark.parametrize("country", ["Canada", "ca", "U.K.", "United Kingdom", "DE", "España", "NO", "Australia", "New Zealand"])
def test_no_record_of_consent_is_an_error_where_the_law_asks_for_one(tmp_path: Path, country: str) -> None:
    """The law is named with its source; it cannot be accepted away."""
    desk = Desk.at(tmp_path / "practice").in_practice("country: US", f'country: "{country}"')
    desk.in_practice('patients: yes, consent: "Sign-up form at the front desk, since 2014"', "patients: yes")
    (finding,) = preflight.run(desk.evidence(), ["L02"]).findings
    assert finding.severity is Severity.ERROR
    assert finding.source.startswith("https://")


@pytest.mark.parametrize("country", ["US", "U.S.A.", "United States", "Mexico"])
def test_elsewhere_it_is_a_warning(tmp_path: Path, country: str) -> None:
    """US law lets a practice write to people who did not ask; mailbox providers do not like it."""
    desk = Desk.at(tmp_path / "practice").in_practice("country: US", f'country: "{country}"')
    desk.in_practice('patients: yes, consent: "Sign-up form at the front desk, since 2014"', "patients: yes")
    assert [finding.severity for finding in preflight.run(desk.evidence(), ["L02"]).findings] == [Severity.WARNING]


def test_no_list_no_findings_about_it(tmp_path: Path) -> None:
    """An issue checked before there is a list is not told that nobody agreed."""
    desk = Desk.at(tmp_path / "practice")
    desk.in_practice('patients: yes, consent: "Sign-up form at the front desk, since 2014"', "patients: yes")
    report = preflight.check_issue(desk.mail, None, STAND_IN, desk.evidence().now, only=["L02", "L03", "L04", "K19", "A11"])
    assert report.findings == ()
