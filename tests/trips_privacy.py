"""Letters that tell, or nearly tell, who is a patient, and letters that somebody else pays for."""

from __future__ import annotations

from check_desk import ISSUE, LIST, Desk, near, trips

from newsletter.check.evidence import Evidence

SUBJECT = "'{{ first_name or \"Hello\" }}, small breaks help'"


def article(text: str) -> str:
    """The clean issue with one more article."""
    return f"{ISSUE}  - heading: Our news\n    text: |\n      {text}\n"


@trips("K14")
def last_visit(desk: Desk) -> Evidence:
    return desk.issue(article("How do you feel since your last adjustment?")).evidence()


@trips("K14")
def condition_in_the_subject(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace(SUBJECT, "Your sciatica in winter") + BOX).evidence()


@trips("K14")
def reader_called_a_patient(desk: Desk) -> Evidence:
    return desk.issue(article("As one of our patients, you know the way.")).evidence()


@near("K14")
def open_to_everybody(desk: Desk) -> Evidence:
    words = (
        "If you have sciatica, your sciatica may like a walk. Patients often ask about ice. Show your doctor your treatment plan."
    )
    return desk.issue(article(words)).evidence()


@near("K14")
def name_and_town(desk: Desk) -> Evidence:
    desk.people(LIST.replace(",tags,", ",town,").replace("desk", "Provo").replace("seniors", "Orem"))
    return desk.issue(article('How is the snow in {{ town or "town" }}, {{ first_name or "neighbor" }}?')).evidence()


@trips("K15")
def sponsored(desk: Desk) -> Evidence:
    return desk.issue(article("This letter is sponsored by SpineSoft.")).evidence()


@trips("K15")
def affiliate_link(desk: Desk) -> Evidence:
    return desk.issue(article("We like [this pillow](https://spinesoft.example/pillow?aff=riverbend).")).evidence()


@trips("K14")
def one_of_our_patients(desk: Desk) -> Evidence:
    return desk.issue(article("As one of our whiplash patients, you know the way.")).evidence()


@trips("K14")
def appointment_that_is_coming(desk: Desk) -> Evidence:
    return desk.issue(article("Your next appointment is coming up.")).evidence()


@trips("K14")
def bill_that_is_open(desk: Desk) -> Evidence:
    return desk.issue(article("There is a balance on your account.")).evidence()


@near("K14")
def visits_of_anybody(desk: Desk) -> Evidence:
    words = "As one of our walkers, patience helps. We hope your garden went well. Bring a list to your appointment."
    return desk.issue(article(words)).evidence()


@trips("K15")
def rebate_at_a_shop(desk: Desk) -> Evidence:
    return desk.issue(article("Get 15% off at RunWorld with code RIVERBEND.")).evidence()


@trips("K15")
def code_of_a_shop(desk: Desk) -> Evidence:
    """Their 10 percent off is no offer of the practice (K07)."""
    return desk.issue(article("Use the code BACKREST for 10% off at the checkout of SpineSoft.")).evidence()


@near("K15")
def nobody_pays(desk: Desk) -> Evidence:
    words = (
        "No one sponsors this letter. The trial was funded by a university. In partnership with the food bank we collect cans."
    )
    return desk.issue(article(words)).evidence()


@near("K15")
def honest_parameters(desk: Desk) -> Evidence:
    links = (
        "[Book](https://riverbend.example/book?ref=letter) or [read](https://health.example/falls?utm_source=letter&tag=walking)."
    )
    return desk.issue(article(links)).evidence()


BOX = """\
  - type: warning
    text: Call 911 or go to an emergency room for back pain with any of these.
    items: [New trouble passing urine, Numbness in the groin or inner thighs, Weakness in both legs]
"""
