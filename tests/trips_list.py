"""Lists that break, or nearly break, a rule about consent, about what they say of people, and about whose addresses they hold."""

from __future__ import annotations

from check_desk import ISSUE, LIST, TOGETHER, Desk, near, trips

from newsletter.check.evidence import Evidence

CONSENT = 'subscribers: {patients: yes, consent: "Sign-up form at the front desk, since 2014"}'
HEADER = "email,first_name,tags,status\n"
OFFER = """\
  - type: offer
    heading: A first visit in May
    text: Bring a neighbor to our May evening, and both of you get a discount.
    legal: The offer ends on December 31, 2026, and cannot be combined with others.
"""
TOGETHER["K19"] = {"L02"}  # nobody's consent is on record: that is what both are about


def with_column(title: str, *cells: str) -> str:
    """The usual list with one column more."""
    rows = LIST.splitlines()
    values = [title, *cells, *[""] * (len(rows) - 1 - len(cells))]
    return "".join(f"{row},{value}\n" for row, value in zip(rows, values, strict=True))


def no_consent(desk: Desk) -> Desk:
    """A practice that says nothing of how people agreed."""
    return desk.in_practice(CONSENT, "subscribers: {patients: yes}")


@trips("L02")
def no_record(desk: Desk) -> Evidence:
    return no_consent(desk).evidence()


@trips("L02")
def record_with_gaps(desk: Desk) -> Evidence:
    return no_consent(desk).people(with_column("Opt-in source", "form", "n/a", "form")).evidence()


@trips("L02")
def no_record_in_canada(desk: Desk) -> Evidence:
    return no_consent(desk).in_practice("country: US", "country: Canada").evidence()


@near("L02")
def record_of_each(desk: Desk) -> Evidence:
    return no_consent(desk).people(with_column("consent_date", *["2026-03-14"] * 4)).evidence()


@near("L02")
def one_of_two_columns_says_it(desk: Desk) -> Evidence:
    rows = ["consent_source,consent_date", "form,", ",2026-03-14", "form,2026-01-01", "phone call,"]
    people = "".join(f"{row},{more}\n" for row, more in zip(LIST.splitlines(), rows, strict=True))
    return no_consent(desk).people(people).evidence()


@near("L02")
def gap_of_somebody_who_left(desk: Desk) -> Evidence:
    people = with_column("Signup date", *["2026-03-14"] * 3).replace("desk,active,\n", "desk,unsubscribed,\n")
    return no_consent(desk).people(people).evidence()


@trips("L03")
def birth_dates(desk: Desk) -> Evidence:
    return desk.people(with_column("Date of Birth", "1970-01-01")).evidence()


@trips("L03")
def numbers_of_a_health_card(desk: Desk) -> Evidence:
    return desk.people(with_column("OHIP", "1234-567-890")).evidence()


@trips("L03")
def diagnoses_in_spanish(desk: Desk) -> Evidence:
    return desk.people(with_column("Diagnóstico", "", "lumbalgia")).evidence()


@trips("L03")
def record_number_run_together(desk: Desk) -> Evidence:
    return desk.people(with_column("PatientMRN", "4711")).evidence()


@trips("L03")
def phones_of_patients(desk: Desk) -> Evidence:
    return desk.people(with_column("Cell Phone", "(801) 555-0199")).evidence()


@trips("L03")
def phones_of_neighbors(desk: Desk) -> Evidence:
    desk.in_practice("patients: yes", "patients: no")
    return desk.people(with_column("Cell Phone", "(801) 555-0199")).evidence()


@trips("L03")
def last_visits(desk: Desk) -> Evidence:
    return desk.people(with_column("Last Visit", "2026-10-01")).evidence()


@near("L03")
def harmless_titles(desk: Desk) -> Evidence:
    """Each holds letters of a title that is not harmless."""
    titles = [
        "Air conditioning",
        "Adobe ID",
        "Terms and Conditions",
        "Headphones",
        "Doctor",
        "Mobile app",
        "Painter",
        "Org chart",
    ]
    header, *rows = LIST.splitlines()
    return desk.people("\n".join([",".join([header, *titles]), *(row + ",x" * len(titles) for row in rows)]) + "\n").evidence()


@near("L03")
def column_that_is_empty(desk: Desk) -> Evidence:
    return desk.people(with_column("Insurance")).evidence()


@near("L03")
def merge_field_of_the_practice(desk: Desk) -> Evidence:
    desk.people(with_column("Doctor", *["Dr. Reyes"] * 4))
    return desk.issue(ISSUE.replace("None of us", "{{ doctor }} says: none of us")).evidence()


@trips("L04")
def nobody_reads_it(desk: Desk) -> Evidence:
    return desk.people(LIST + "No-Reply@mail.example,Eve,,active\n").evidence()


@trips("L04")
def desk_of_a_business(desk: Desk) -> Evidence:
    return desk.people(LIST + "info+news@bakery.example,Eve,,active\n").evidence()


@trips("L04")
def reserved_domain(desk: Desk) -> Evidence:
    return desk.people(LIST + "jane.roe@example.com,Jane,,active\n").evidence()


@near("L04")
def names_that_only_begin_so(desk: Desk) -> Evidence:
    people = "".join(
        f"{name}@mail.example,Eve,,active\n" for name in ("admin.jones", "tester.smith", "infante", "sales-rep.kim", "abusemenot")
    )
    return desk.people(LIST + people).evidence()


@near("L04")
def our_own_desk(desk: Desk) -> Evidence:
    """The practice gets a copy at its own address."""
    return desk.people(LIST + "info@riverbend.example,Desk,,active\n").evidence()


@near("L04")
def role_that_left(desk: Desk) -> Evidence:
    return desk.people(LIST + "info@bakery.example,Eve,,unsubscribed\n").evidence()


@trips("K19")
def offer_without_a_name(desk: Desk) -> Evidence:
    return no_consent(desk).issue(ISSUE + OFFER).evidence()


@trips("K19")
def offer_in_a_sentence(desk: Desk) -> Evidence:
    return no_consent(desk).issue(ISSUE.replace("None of us", "Our holiday special ends on Friday. None of us")).evidence()


@near("K19")
def offer_with_a_name(desk: Desk) -> Evidence:
    return no_consent(desk).issue(ISSUE + OFFER.replace("heading: A", "heading: Advertisement, a")).evidence()


@near("K19")
def offer_to_people_who_agreed(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + OFFER).evidence()


@near("K19")
def letter_without_an_offer(desk: Desk) -> Evidence:
    return no_consent(desk).evidence()


@near("K19")
def health_promotion(desk: Desk) -> Evidence:
    text = "Health promotion is our work, and nobody should discount a good night's sleep. None of us"
    return no_consent(desk).issue(ISSUE.replace("None of us", text)).evidence()


@near("K19")
def offer_in_canada(desk: Desk) -> Evidence:
    return no_consent(desk).in_practice("country: US", "country: CA").issue(ISSUE + OFFER).evidence()
