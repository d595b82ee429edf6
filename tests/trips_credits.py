"""Pictures without, and nearly without, a credit."""

from __future__ import annotations

import shutil

from check_desk import ISSUE, Desk, near, trips

from newsletter.check.evidence import Evidence

CREDIT = '    credit: "Illustration: Riverbend Chiropractic"\n'


def with_picture(desk: Desk, name: str, *lines: str) -> Evidence:
    """The clean issue with a picture of another name and these lines below it."""
    shutil.copy(desk.folder / "images" / "back-muscles.png", desk.folder / "images" / name)
    issue = ISSUE.replace("images/back-muscles.png", f"images/{name}").replace(CREDIT, "")
    return desk.issue(issue + "".join(f"    {line}\n" for line in lines)).evidence()


@trips("K16")
def no_credit(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace(CREDIT, "")).evidence()


@trips("K16")
def found_somewhere(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("Illustration: Riverbend Chiropractic", "Source: Google Images")).evidence()


@trips("K16")
def stock_picture_as_ones_own(desk: Desk) -> Evidence:
    return with_picture(desk, "shutterstock_1234567.png", "credit: Riverbend Chiropractic")


@trips("K16")
def stock_picture_without_credit(desk: Desk) -> Evidence:
    return with_picture(desk, "jane-doe-AbC123-unsplash.png")


@trips("K16")
def californian_model(desk: Desk) -> Evidence:
    from PIL import Image

    desk.in_practice("state: UT", "state: California")
    Image.open(desk.folder / "images" / "back-muscles.png").convert("RGB").save(desk.folder / "images" / "stretch.jpg")
    return desk.issue(ISSUE.replace("back-muscles.png", "stretch.jpg").replace("Illustration:", "Photo:")).evidence()


@near("K16")
def stock_picture_with_credit(desk: Desk) -> Evidence:
    return with_picture(desk, "shutterstock_1234567.png", 'credit: "Photo: Jane Doe / Shutterstock"')


@near("K16")
def credit_in_the_caption(desk: Desk) -> Evidence:
    return with_picture(desk, "canvas-bag.png", 'caption: "A bag of canvas. Photo by Ana Reyes"')


@near("K16")
def credited_once(desk: Desk) -> Evidence:
    again = "  - type: image\n    image: images/back-muscles.png\n    alt: The same again, larger.\n"
    return desk.issue(ISSUE + again).evidence()
