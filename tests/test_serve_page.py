"""Holds what people see of the opt-out page in a real browser: one button, the result, and the way back, also without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import node_module
from opt_out_server import OptOuts, serving
from playwright.sync_api import Browser, Page, expect
from previews import make_folder

from newsletter.ledger.keys import practice_keys

WIDTHS = (320, 375, 1280)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OptOuts]:
    """A page in a light brand colour, which white words could not be read on."""
    folder = make_folder(tmp_path_factory.mktemp("serve") / "practice")
    practice_keys(folder)
    practice = folder / "practice.yaml"
    practice.write_text(practice.read_text().replace("#1f6f78", "#f2c94c"))
    with serving(folder) as page:
        yield page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_leave_and_come_back(served: OptOuts, browser: Browser, scripts: bool) -> None:
    """Looking twice changes nothing; one button leaves; loading the result again does nothing; one button comes back."""
    address = f"{scripts}@mail.example"
    opened = browser.new_context(java_script_enabled=scripts)
    page = opened.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    for _ in range(2):
        page.goto(served.url(address))
    assert served.codes().count(practice_keys(served.folder).code(address)) == 0
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
    before = served.dump()
    assert practice_keys(served.folder).code(address) in [one.who for one in before[0]]
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
    assert served.dump() == before
    assert asked.count("POST") == 1
    assert page.url == served.url(address)
    page.get_by_role("button", name="Subscribe again").click()
    expect(page.get_by_role("heading")).to_have_text("You are subscribed again")
    assert practice_keys(served.folder).code(address) not in served.codes()
    opened.close()


def test_it_can_be_read_by_everybody(served: OptOuts, page: Page) -> None:
    """No rule of axe-core is broken on any page, light or dark; nothing scrolls sideways; the button is large; all is quiet."""
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if "404" not in said.text else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    left, spanish = "left@mail.example", "spanish@mail.example"
    served.post(served.path(left))
    page.goto(served.url())
    for url, language in (
        (served.url(), "en"),
        (served.url(left), "en"),
        (served.url(spanish), "es"),
        (f"{served.url()}x", "en"),
    ):
        page.set_extra_http_headers({"Accept-Language": language})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(url)
            page.evaluate(f"() => {{ {axe} }}")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 700})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = page.evaluate("axe.run(document).then((done) => done.violations)")
            assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
            for button in page.get_by_role("button").all():
                box = button.bounding_box()
                assert box is not None
                assert box["height"] >= 48
    assert troubles == []


def test_the_keyboard_is_enough(served: OptOuts, page: Page) -> None:
    """Tab reaches the button, which then shows a clear outline; Enter presses it."""
    page.goto(served.url("keys@mail.example"))
    page.keyboard.press("Tab")
    focused = page.get_by_role("button", name="Unsubscribe")
    expect(focused).to_be_focused()
    assert focused.evaluate("button => getComputedStyle(button).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("You are unsubscribed")
