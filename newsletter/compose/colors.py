"""Every colour of a mail, computed from the practice's two brand colours so that each pair can be read (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from dataclasses import dataclass

READABLE = 4.5
INK, MUTED, LINE, PAGE, CARD = "#1f2933", "#52606d", "#e4e7eb", "#f5f3ef", "#ffffff"
DARK_INK, DARK_MUTED, DARK_LINE, DARK_PAGE, DARK_CARD = "#e6e9ec", "#b3bec8", "#3a444d", "#14181c", "#1c2329"
ALERT, DARK_ALERT = "#a61b1b", "#ff9b93"
ALERT_PANEL, DARK_ALERT_PANEL = "#fbefee", "#2e2222"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as six hex digits; `link` can be read on card, page and panel, `fill` carries `on_fill`; `dark_` for dark mode."""

    brand: str
    accent: str
    link: str
    fill: str
    on_fill: str
    panel: str
    rule: str
    ink: str = INK
    muted: str = MUTED
    line: str = LINE
    page: str = PAGE
    card: str = CARD
    alert: str = ALERT
    alert_panel: str = ALERT_PANEL
    dark_link: str = ""
    dark_fill: str = ""
    dark_on_fill: str = ""
    dark_panel: str = ""
    dark_rule: str = ""
    dark_ink: str = DARK_INK
    dark_muted: str = DARK_MUTED
    dark_line: str = DARK_LINE
    dark_page: str = DARK_PAGE
    dark_card: str = DARK_CARD
    dark_alert: str = DARK_ALERT
    dark_alert_panel: str = DARK_ALERT_PANEL


def palette(brand: str, accent: str) -> Palette:
    """All colours of a mail from `brand` and `accent` (`#rrggbb`)."""
    panel = mix(brand, CARD, 0.08)
    dark_panel = mix(brand, DARK_CARD, 0.16)
    fill, on_fill = _filled(brand)
    dark_link = until_readable(brand, (DARK_CARD, DARK_PAGE, dark_panel, DARK_ALERT_PANEL), toward="#ffffff", ratio=6)
    return Palette(
        brand=brand,
        accent=accent,
        link=until_readable(brand, (CARD, PAGE, panel, ALERT_PANEL), toward="#000000"),
        fill=fill,
        on_fill=on_fill,
        panel=panel,
        rule=accent,
        dark_link=dark_link,
        dark_fill=dark_link,
        dark_on_fill=DARK_PAGE,
        dark_panel=dark_panel,
        dark_rule=until_readable(accent, (DARK_CARD,), toward="#ffffff"),
    )


def _filled(brand: str) -> tuple[str, str]:
    """A button's ground and its words: the brand under white or, where it is light, under ink; else darkened."""
    if contrast(brand, CARD) >= READABLE:
        return brand, CARD
    if contrast(brand, INK) >= READABLE:
        return brand, INK
    return until_readable(brand, (CARD,), toward="#000000"), CARD


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def until_readable(color: str, grounds: tuple[str, ...], toward: str, ratio: float = READABLE) -> str:
    """`color`, moved as little as needed toward black or white until it can be read on every one of `grounds`."""
    for step in range(101):
        tried = mix(toward, color, step / 100)
        if all(contrast(tried, ground) >= ratio for ground in grounds):
            return tried
    return toward


def mix(color: str, ground: str, share: float) -> str:
    """`color` at `share` (0 to 1) over `ground`."""
    channels = zip(_channels(color), _channels(ground), strict=True)
    return "#" + "".join(f"{round(c * share + g * (1 - share)):02x}" for c, g in channels)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
