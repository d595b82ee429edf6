"""Issues whose words and sentences are, or nearly are, too hard to read or spelt wrong."""

from __future__ import annotations

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence

HARD = (
    "Comprehensive evaluation of individual circumstances necessarily precedes every appropriate recommendation. "
    "Professional organizations consistently emphasize conservative, noninvasive alternatives initially. "
    "Contemporary investigations demonstrate considerable variability among participating populations. "
)
LONG = (
    "When you sit at a desk for most of the day it is good to get up now and then and walk to the door and back, since your "
    "back likes to move and does not like to be still for long."
)


def saying(desk: Desk, text: str) -> Evidence:
    """The issue with one more paragraph."""
    return desk.issue(ISSUE.replace("Walk about for five minutes or so.", f"'{text}'")).evidence()


@trips("K13")
def letter_for_scholars(desk: Desk) -> Evidence:
    return saying(desk, HARD * 4)


@trips("K13")
def sentence_without_an_end(desk: Desk) -> Evidence:
    return saying(desk, LONG)


@trips("K13")
def words_of_the_clinic(desk: Desk) -> Evidence:
    return saying(desk, "Pain down one leg is at times a radiculopathy. A lumbar cushion may help.")


@trips("K13")
def long_letter(desk: Desk) -> Evidence:
    return saying(desk, "A short walk each hour is good for your back. " * 61)


@near("K13")
def words_that_are_explained(desk: Desk) -> Evidence:
    told = (
        "The bones of your spine are called vertebrae. A narrow space for the nerves (stenosis) can hurt. Bursitis is a sore "
        "spot. Your tailbone, or coccyx, can ache when you sit. Vertigo means that the room seems to spin."
    )
    return saying(desk, told)


@near("K13")
def name_with_a_word_of_the_clinic(desk: Desk) -> Evidence:
    return saying(desk, "We learned this at the Center for Lumbar Health in May.")


@near("K13")
def six_hundred_easy_words(desk: Desk) -> Evidence:
    return saying(desk, "A short walk each hour is good for your back. " * 55)


@near("K13")
def long_list_of_short_lines(desk: Desk) -> Evidence:
    lines = "".join(f"      - Walk to the {place} and back\n" for place in ("door", "shop", "park", "river", "bus stop", "mill"))
    return desk.issue(ISSUE + f"  - type: tips\n    heading: Six walks\n    items:\n{lines}").evidence()


@trips("K20")
def slips_of_the_pen(desk: Desk) -> Evidence:
    return saying(desk, "You will recieve a card from your Chiropracter.")


@trips("K20")
def wrong_word_in_a_phrase(desk: Desk) -> Evidence:
    return saying(desk, "Some people loose weight, and some should of been told to rest.")


@trips("K20")
def word_that_stands_twice(desk: Desk) -> Evidence:
    return saying(desk, "Walk to the the door and back.")


@trips("K20")
def word_that_stands_twice_in_a_clause(desk: Desk) -> Evidence:
    return saying(desk, "You know how strange it it feels.")


@trips("K20")
def slip_in_the_subject(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("small breaks help", "small breaks for your muslces")).evidence()


@near("K20")
def phrases_that_are_right(desk: Desk) -> Evidence:
    told = "Do two more, then rest. You should of course ask first. Let loose, weight on both feet. I know that that helps."
    return saying(desk, told)


@near("K20")
def british_and_american(desk: Desk) -> Evidence:
    return saying(desk, "The colour of the centre, the color of the center: organise or organize your practice as you like.")


@near("K20")
def names_of_people_and_places(desk: Desk) -> Evidence:
    return saying(desk, "We thank Mr. Peter Noone and Frau Balence of Sholder Lane.")


@near("K20")
def word_of_the_practice(desk: Desk) -> Evidence:
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules" / "spelling.yaml").write_text("entries:\n  - right: excersize\n")
    return saying(desk, "Come to our excersize hour.")
