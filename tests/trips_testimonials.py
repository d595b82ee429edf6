"""Patients' words with, and nearly without, a written agreement."""

from __future__ import annotations

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence


def quote(text: str, name: str, more: str = "") -> str:
    """The clean issue with a quote."""
    return f"{ISSUE}  - type: quote\n    text: {text}\n    name: {name}\n{more}"


TOLD = "I could barely turn my neck. Now I feel better and walk again."
SIGNED = "    authorization: signed 2026-10-03, on file\n"
TYPICAL = "  - heading: What is typical\n    text: Most people notice a small change, and some notice none.\n"


@trips("K08")
def patient_without_a_record(desk: Desk) -> Evidence:
    return desk.issue(quote(TOLD, "Sarah M.")).evidence()


@trips("K08")
def result_without_what_is_typical(desk: Desk) -> Evidence:
    return desk.issue(quote(TOLD + " Results may vary.", "Sarah M.", SIGNED)).evidence()


@trips("K08")
def washington_without_a_notary(desk: Desk) -> Evidence:
    desk.in_practice("state: UT", "state: WA")
    return desk.issue(quote("The staff is kind, and the office is easy to reach.", "Sarah M.", SIGNED)).evidence()


@trips("K08")
def australia_forbids_it(desk: Desk) -> Evidence:
    desk.in_practice("country: US", "country: Australia").in_practice("(801) 555-0142", "08 5550 0142")
    return desk.issue(quote(TOLD, "Sarah M.", SIGNED + TYPICAL)).evidence()


@trips("K08")
def story_in_an_article(desk: Desk) -> Evidence:
    return desk.issue(f"{ISSUE}  - heading: News\n    text: My patient Sarah says that she sleeps better.\n").evidence()


@trips("K08")
def somebody_who_came_with_a_pain(desk: Desk) -> Evidence:
    return desk.issue(
        f"{ISSUE}  - heading: News\n    text: Megan Porter, who came to us with sciatica, walks again.\n"
    ).evidence()


@near("K08")
def colleague_who_came_with_experience(desk: Desk) -> Evidence:
    text = "Jenna came to us with ten years of experience. Many came in with stiff shoulders after the storm."
    return desk.issue(f"{ISSUE}  - heading: News\n    text: {text}\n").evidence()


@near("K08")
def patient_with_all(desk: Desk) -> Evidence:
    return desk.issue(quote(TOLD, "Sarah M.", SIGNED + TYPICAL)).evidence()


@near("K08")
def washington_with_all(desk: Desk) -> Evidence:
    desk.in_practice("state: UT", "state: Washington")
    record = "    authorization: signed and notarized 2026-10-03\n"
    return desk.issue(quote("The staff is kind, and the office is easy to reach.", "Sarah M.", record)).evidence()


@near("K08")
def a_saying_about_doctors(desk: Desk) -> Evidence:
    return desk.issue(quote("I have two doctors, my left leg and my right.", "G. M. Trevelyan")).evidence()


@near("K08")
def the_practitioner_speaks(desk: Desk) -> Evidence:
    return desk.issue(quote("I walk each day, and my back feels better for it.", "Dr. Ana Reyes, D.C.")).evidence()


@near("K08")
def words_that_nobody_said(desk: Desk) -> Evidence:
    words = "'You may think: \"My back pain is gone, so I can sit again.\" Keep walking. Patients often ask me about that.'"
    return desk.issue(f"{ISSUE}  - heading: News\n    text: {words}\n").evidence()
