"""Days, years, hours and telephone numbers that are wrong, or only look it."""

from __future__ import annotations

from datetime import UTC, datetime

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence, NothingKnown

EVENT = """\
  - type: event
    heading: Balance hour
    date: 2026-12-10
    time: Thursday, 10:00 to 11:00 a.m.
    text: Bring a friend.
"""


def article(text: str) -> str:
    """The clean issue with one more article."""
    return f"{ISSUE}  - heading: Our news\n    text: {text}\n"


@trips("K17")
def wrong_weekday(desk: Desk) -> Evidence:
    return desk.issue(article("We walk on Tuesday, December 3.")).evidence()


@trips("K17")
def day_that_is_not(desk: Desk) -> Evidence:
    return desk.issue(article("We meet on November 31.")).evidence()


@trips("K17")
def event_on_another_weekday(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + EVENT.replace("Thursday", "Friday")).evidence()


@trips("K17")
def event_that_is_over(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + EVENT).evidence(now=datetime(2026, 12, 12, tzinfo=UTC))


@trips("K17")
def event_over_when_the_issue_goes_out(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("2026-12-01", "2026-12-15") + EVENT).evidence()


@trips("K17")
def last_years_date(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("2026-12-01", "2025-12-01")).evidence()


@trips("K17")
def last_years_number(desk: Desk) -> Evidence:
    return desk.issue(article("Happy New Year 2025!")).evidence()


@trips("K17")
def deadline_that_is_over(desk: Desk) -> Evidence:
    return desk.issue(article("Sign up by November 20.")).evidence()


@trips("K17")
def swapped_digits(desk: Desk) -> Evidence:
    return desk.issue(article("Call us at 801-555-0124.")).evidence()


@trips("K17")
def digit_too_few(desk: Desk) -> Evidence:
    return desk.issue(article("Call us at (801) 555-014.")).evidence()


@trips("K17")
def hours_that_no_clock_shows(desk: Desk) -> Evidence:
    return desk.in_practice("8:00-13:00", "8:00-25:00").evidence()


@trips("K17")
def hours_turned_round(desk: Desk) -> Evidence:
    return desk.in_practice("Mon-Thu 8:00-18:00", "Mon-Thurs 18:00-8:00").evidence()


@trips("K17")
def subject_names_another_day_than_the_event(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("subject: ", "subject: December 17, ", 1) + EVENT).evidence()


@trips("K17")
def digit_lost_abroad(desk: Desk) -> Evidence:
    desk.in_practice("(801) 555-0142", "020 7946 0182").in_practice("country: US", "country: UK")
    return desk.issue(article("Ring us on 020 7946 018.")).evidence()


@near("K17")
def subject_names_the_day_of_the_event(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("subject: ", "subject: December 10, ", 1) + EVENT).evidence()


@near("K17")
def number_of_a_neighbor(desk: Desk) -> Evidence:
    return desk.issue(article("The food bank has the number (801) 555-0191.")).evidence()


@near("K17")
def right_days(desk: Desk) -> Evidence:
    words = "Thursday, Dec. 3rd; Tuesdays, December 8 and 15; Mon-Fri, December 7-11; Wednesday, September 18, 1895."
    return desk.issue(article(words) + EVENT).evidence()


@near("K17")
def years_of_studies(desk: Desk) -> Evidence:
    words = (
        "A 2021 trial followed people until March 3, 2019. Save the date for June 20. In May 50 of them walked, 1/2 in the sun."
    )
    return desk.issue(article(words)).evidence()


@near("K17")
def other_numbers(desk: Desk) -> Evidence:
    words = "Call (801) 555-0142, +1 801 555 0142 or 801.555.0142. Fax (801) 555-0143. Poison help is 1-800-222-1222."
    return desk.issue(article(words)).evidence()


@near("K17")
def hours_of_all_kinds(desk: Desk) -> Evidence:
    hours = '["Mon 8-12, 2-6", "Tue-Thu 8:00-6:00", "Fri 7:30 a.m. - 1 p.m.", "Sat by appointment"]'
    return desk.in_practice('["Mon-Thu 8:00-18:00", "Fri 8:00-13:00"]', hours).evidence()


@near("K17")
def over_and_sent(desk: Desk) -> Evidence:
    record = NothingKnown(sent=4, content_hash="")
    return desk.issue(ISSUE + EVENT).evidence(record, now=datetime(2026, 12, 12, tzinfo=UTC))
