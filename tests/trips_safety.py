"""Letters about pain without, and nearly without, the signs that need an emergency room; letters that could pass for advice."""

from __future__ import annotations

from check_desk import ISSUE, Desk, in_html, in_text, near, spoilt, trips

from newsletter.check.evidence import Evidence

ABOUT_BACKS = ISSUE.replace("title: Small Breaks", "title: When Your Back Hurts")
BOX = """\
  - type: warning
    text: Call 911 or go to an emergency room for back pain with any of these.
    items:
      - New trouble passing urine
      - Numbness in the groin or inner thighs
      - Weakness in both legs
"""


@trips("K10")
def back_pain_without_signs(desk: Desk) -> Evidence:
    return desk.issue(ABOUT_BACKS).evidence()


@trips("K10")
def two_signs_are_too_few(desk: Desk) -> Evidence:
    return desk.issue(ABOUT_BACKS + BOX.replace("      - Weakness in both legs\n", "")).evidence()


@trips("K10")
def signs_without_an_emergency(desk: Desk) -> Evidence:
    return desk.issue(ABOUT_BACKS + BOX.replace("Call 911 or go to an emergency room", "Tell us")).evidence()


@trips("K10")
def signs_of_the_back_for_a_headache(desk: Desk) -> Evidence:
    text = BOX.replace("back pain", "a headache").replace("Weakness in both legs", "New sexual problems")
    return desk.issue(ISSUE.replace("title: Small Breaks", "title: Tension Headaches") + text).evidence()


@trips("K10")
def signs_for_some_readers_only(desk: Desk) -> Evidence:
    return desk.issue(ABOUT_BACKS + BOX + "    only_for: [seniors]\n").evidence()


@trips("K10")
def number_of_another_country(desk: Desk) -> Evidence:
    desk.in_practice("country: US", "country: GB").in_practice("(801) 555-0142", "01632 960142")
    return desk.issue(ABOUT_BACKS + BOX).evidence()


@near("K10")
def signs_in_a_box(desk: Desk) -> Evidence:
    return desk.issue(ABOUT_BACKS + BOX).evidence()


@near("K10")
def signs_in_an_article(desk: Desk) -> Evidence:
    text = (
        "  - heading: When to worry\n    text: |\n      Most aches pass. But if you cannot feel your bladder filling,\n"
        "      go numb between the legs, have a fever, or a leg gives way, call 9-1-1.\n"
    )
    return desk.issue(ABOUT_BACKS + text).evidence()


@near("K10")
def signs_of_a_headache(desk: Desk) -> Evidence:
    text = BOX.replace("New trouble passing urine", "The worst headache of your life")
    text = text.replace("Numbness in the groin or inner thighs", "A face that droops").replace(
        "Weakness in both legs", "Slurred words"
    )
    return desk.issue(ISSUE.replace("title: Small Breaks", "title: Neck Pain and Headaches") + text).evidence()


@near("K10")
def back_to_school(desk: Desk) -> Evidence:
    text = (
        "  - heading: Back to school\n    text: A light backpack is kind to a back. Spring fever is near, and so is the fall.\n"
    )
    return desk.issue(ISSUE.replace("title: Small Breaks", "title: Heads Up, We Are Back") + text).evidence()


def without_general_information(desk: Desk) -> Evidence:
    """A letter about exercises from a practice that took the sentence out of its own footer, too."""
    issue = ISSUE.replace(" This is general information, not a diagnosis.", "")
    moves = "  - type: tips\n    items: [Stretch each hour., Walk to warm your muscles., Sleep well.]\n"
    evidence = desk.issue(issue + moves).evidence()
    words = "general information and does not take the place of an examination"
    evidence = spoilt(evidence, in_html(words, "sent once a month"))
    return spoilt(
        evidence, in_text("It is general information and does not take the place of an", "It is sent once a month after an")
    )


@trips("K18")
def no_word_of_general_information(desk: Desk) -> Evidence:
    return without_general_information(desk)


@near("K18")
def said_in_the_footer(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace(" This is general information, not a diagnosis.", "")).evidence()


@near("K18")
def nothing_about_health(desk: Desk) -> Evidence:
    issue = ISSUE.replace("your back than a perfect chair", "a letter than many words").replace(
        "small breaks help", "a small letter"
    )
    evidence = desk.issue(issue.replace(" This is general information, not a diagnosis.", "")).evidence()
    return spoilt(evidence, in_html("general information", "a letter"))
