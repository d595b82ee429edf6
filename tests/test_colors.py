"""Holds that every pair of colours of a mail can be read, whatever two colours a practice has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.compose.colors import READABLE, contrast, mix, palette

HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(brand=HEX, accent=HEX)
def test_every_pair_can_be_read_in_light_and_dark(brand: str, accent: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for words on card, page, panels and buttons, by day and by night."""
    colors = palette(brand, accent)
    pairs = [(ink, ground) for ink in (colors.ink, colors.link) for ground in (colors.card, colors.page, colors.panel)]
    pairs += [
        (ink, ground)
        for ink in (colors.dark_ink, colors.dark_link)
        for ground in (colors.dark_card, colors.dark_page, colors.dark_panel)
    ]
    pairs += [(colors.muted, colors.card), (colors.dark_muted, colors.dark_card)]
    pairs += [(colors.on_fill, colors.fill), (colors.dark_on_fill, colors.dark_fill)]
    pairs += [(colors.alert, colors.alert_panel), (colors.dark_alert, colors.dark_alert_panel)]
    pairs += [(colors.link, colors.alert_panel), (colors.dark_link, colors.dark_alert_panel)]
    assert [(ink, ground) for ink, ground in pairs if contrast(ink, ground) < READABLE] == []


@given(brand=HEX)
def test_a_brand_that_can_be_read_stays_as_it_is(brand: str) -> None:
    """Nobody's colour is changed without need."""
    colors = palette(brand, brand)
    grounds = (colors.card, colors.page, colors.panel, colors.alert_panel)
    assert (colors.link == brand) == all(contrast(brand, ground) >= READABLE for ground in grounds)


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 to 1, a colour on itself 1 to 1, and #767676 on white the well-known 4.54."""
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert contrast("#336699", "#336699") == 1
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@given(one=HEX, other=HEX)
def test_mixing_goes_from_one_colour_to_the_other(one: str, other: str) -> None:
    """All of the one is the one, none of it the other."""
    assert mix(one, other, 1) == one
    assert mix(one, other, 0) == other
