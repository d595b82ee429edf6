"""Issues whose names and titles say too little, or just enough, about the license and the board behind them."""

from __future__ import annotations

from check_desk import Desk, near, trips
from trips_claims import saying

from newsletter.check.evidence import Evidence


def without_credentials(desk: Desk) -> Desk:
    """The practice with "Dr." and no letters behind the name, nor in the lines about her."""
    return desk.in_practice("  credentials: D.C.\n", "").in_practice("Dr. Ana Reyes, D.C., earned", "Dr. Ana Reyes earned")


@trips("K02")
def doctor_alone(desk: Desk) -> Evidence:
    return without_credentials(desk).evidence()


@trips("K02")
def doctor_as_sender(desk: Desk) -> Evidence:
    return desk.in_practice("sender: {name: Riverbend Chiropractic,", "sender: {name: Dr. Reyes,").evidence()


@trips("K02")
def city_is_no_license(desk: Desk) -> Evidence:
    desk.in_practice("sender: {name: Riverbend Chiropractic,", 'sender: {name: "Dr. Reyes, Washington DC",')
    return desk.evidence()


@trips("K02")
def two_doctors_as_sender(desk: Desk) -> Evidence:
    return desk.in_practice("sender: {name: Riverbend Chiropractic,", "sender: {name: Drs. Reyes and Lee,").evidence()


@trips("K02")
def physician_as_sender(desk: Desk) -> Evidence:
    return desk.in_practice("sender: {name: Riverbend Chiropractic,", "sender: {name: Physicians of Riverbend,").evidence()


@near("K02")
def small_letters_behind_the_name(desk: Desk) -> Evidence:
    return desk.in_practice("credentials: D.C.", "credentials: dc").evidence()


@near("K02")
def chiropractor_in_words(desk: Desk) -> Evidence:
    return desk.in_practice("credentials: D.C.", "credentials: Doctor of Chiropractic").evidence()


@near("K02")
def sender_with_letters(desk: Desk) -> Evidence:
    return desk.in_practice("sender: {name: Riverbend Chiropractic,", 'sender: {name: "Dr. Ana Reyes, DC",').evidence()


@near("K02")
def nobody_is_doctor(desk: Desk) -> Evidence:
    return without_credentials(desk).in_practice("name: Dr. Ana Reyes", "name: Ana Reyes").evidence()


@trips("K06")
def specialist(desk: Desk) -> Evidence:
    return saying(desk, "Dr. Reyes is a back pain specialist.")


@trips("K06")
def board_certified(desk: Desk) -> Evidence:
    return saying(desk, "Our team is board certified.")


@trips("K06")
def no_prefix_in_north_carolina(desk: Desk) -> Evidence:
    desk.in_practice("city: Provo, state: UT", "city: Durham, state: N.C.")
    return saying(desk, "Dr. Reyes is a neck specialist with the DACNB.")


@near("K06")
def board_named(desk: Desk) -> Evidence:
    return saying(desk, "Dr. Reyes is board certified by the American Chiropractic Board of Sports Physicians.")


@near("K06")
def somebody_else(desk: Desk) -> Evidence:
    return saying(desk, "Your doctor may send you to a specialist.", "Ask a board-certified surgeon.", "See our special offer.")


@near("K06")
def special_interest(desk: Desk) -> Evidence:
    return saying(
        desk, "Dr. Reyes has a special interest in runners.", "Experts still debate this.", "Maria is our billing specialist."
    )
