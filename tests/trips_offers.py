"""Offers that lack, or nearly lack, what the law wants beside them."""

from __future__ import annotations

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence

STATEMENT = (
    "THE PATIENT AND ANY OTHER PERSON RESPONSIBLE FOR PAYMENT HAS A RIGHT TO REFUSE TO PAY, CANCEL PAYMENT, OR BE REIMBURSED FOR "
    "PAYMENT FOR ANY OTHER SERVICE, EXAMINATION, OR TREATMENT THAT IS PERFORMED AS A RESULT OF AND WITHIN 72 HOURS OF RESPONDING "
    "TO THE ADVERTISEMENT FOR THE FREE, DISCOUNTED FEE, OR REDUCED FEE SERVICE, EXAMINATION, OR TREATMENT."
)


def article(text: str) -> str:
    """The clean issue with one more article."""
    return f"{ISSUE}  - heading: Our news\n    text: {text}\n"


def offer(text: str, legal: str) -> str:
    """The clean issue with an offer."""
    return f"{ISSUE}  - type: offer\n    heading: In December\n    text: {text}\n    legal: {legal}\n    until: 2026-12-31\n"


def in_state(desk: Desk, state: str) -> Desk:
    """The practice somewhere else."""
    return desk.in_practice("state: UT", f"state: {state}")


@trips("K07")
def free_visit_in_a_sentence(desk: Desk) -> Evidence:
    return desk.issue(article("Call us for a free consultation.")).evidence()


@trips("K07")
def florida_without_its_statement(desk: Desk) -> Evidence:
    return in_state(desk, "Florida").issue(offer("$20 off a massage.", "New guests only. Ends December 31.")).evidence()


@trips("K07")
def florida_in_small_letters(desk: Desk) -> Evidence:
    return in_state(desk, "FL").issue(offer("$20 off a massage.", STATEMENT.lower())).evidence()


@trips("K07")
def florida_x_ray_without_need(desk: Desk) -> Evidence:
    return in_state(desk, "FL").issue(offer("A free X-ray.", STATEMENT)).evidence()


@trips("K07")
def texas_without_contents(desk: Desk) -> Evidence:
    return in_state(desk, "TX").issue(offer("A free consultation.", "New guests only. Ends December 31.")).evidence()


@near("K07")
def florida_with_all(desk: Desk) -> Evidence:
    legal = f"{STATEMENT} X-rays are taken only if medically necessary."
    return in_state(desk, "fl").issue(offer("A free exam, X-rays too.", legal)).evidence()


@near("K07")
def texas_with_contents(desk: Desk) -> Evidence:
    legal = "The free visit includes a talk of 15 minutes and a posture check. Ends December 31."
    return in_state(desk, "Texas").issue(offer("A free consultation.", legal)).evidence()


@near("K07")
def conditions_beside_the_words(desk: Desk) -> Evidence:
    return desk.issue(article("Your first exam is free. New patients only, ends December 31.")).evidence()


@near("K07")
def free_of_other_things(desk: Desk) -> Evidence:
    words = (
        "Feel free to call our toll-free line. There is free parking, and the balance class is free. We do not offer free exams."
    )
    return in_state(desk, "FL").issue(article(words)).evidence()
