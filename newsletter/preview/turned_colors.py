"""Turns light colours dark and dark ones light, as mail programs do that darken every mail: the hue stays."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

_NAMES = {
    "white": "ffffff", "black": "000000", "silver": "c0c0c0", "gray": "808080", "grey": "808080", "maroon": "800000",
    "red": "ff0000", "purple": "800080", "fuchsia": "ff00ff", "green": "008000", "lime": "00ff00", "olive": "808000",
    "yellow": "ffff00", "navy": "000080", "blue": "0000ff", "teal": "008080", "aqua": "00ffff", "orange": "ffa500",
    "whitesmoke": "f5f5f5", "ivory": "fffff0", "snow": "fffafa", "beige": "f5f5dc", "lightgray": "d3d3d3",
    "lightgrey": "d3d3d3", "darkgray": "a9a9a9", "darkgrey": "a9a9a9", "dimgray": "696969", "gainsboro": "dcdcdc",
}  # fmt: skip  # CSS Color 4, 6.1: the sixteen of HTML, and others that mails use
_COLOR = re.compile(
    r"url\([^()]*\)|\"[^\"]*\"|'[^']*'|(?<![\w&#-])#(?P<hex>[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])"
    r"|(?P<rgb>rgba?)\(\s*(?P<r>\d{1,3})[\s,]+(?P<g>\d{1,3})[\s,]+(?P<b>\d{1,3})(?P<alpha>[^()]*)\)"
    rf"|(?<![\w#-])(?P<named>{'|'.join(_NAMES)})(?![\w-])",
    re.IGNORECASE,
)
_DARKEST = 0.07  # what white becomes; pure black is too hard on the eye, and no program uses it


def turned(value: str) -> str:
    """The value of a CSS declaration or a color attribute with every colour in it turned; pictures and strings stay."""
    return _COLOR.sub(_turned, value)


def _turned(found: re.Match[str]) -> str:
    if found["hex"]:
        digits = found["hex"]
        if len(digits) < 5:
            digits = "".join(digit * 2 for digit in digits)
        return f"#{_dark(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))}{digits[6:]}"
    if found["named"]:
        digits = _NAMES[found["named"].lower()]
        return f"#{_dark(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))}"
    if found["rgb"]:
        new = bytes.fromhex(_dark(*(min(255, int(found[channel])) for channel in "rgb")))
        return f"{found['rgb']}({', '.join(map(str, new))}{found['alpha']})"
    return found[0]


@lru_cache(maxsize=1024)
def _dark(red: int, green: int, blue: int) -> str:
    """Six hex digits of the colour whose lightness (HSL) is turned round."""
    hue, light, full = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    channels = colorsys.hls_to_rgb(hue, _DARKEST + (1 - light) * (1 - _DARKEST), full)
    return "".join(f"{round(channel * 255):02x}" for channel in channels)
