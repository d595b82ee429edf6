"""MJML into the HTML that is sent: compiled, the theme's style sheet put inline, ASCII throughout."""

from __future__ import annotations

import re

import css_inline
import mjml

DEEPEST = 60  # nested tags; thousands crash the compiler instead of failing (facts: mjml-python 1.4.2)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


class BrokenMjml(Exception):
    """The compiler's own words, and the character offset in the MJML that it names (or -1)."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def compile_mjml(source: str) -> str:
    """HTML of an MJML document; raises BrokenMjml.

    No fonts are loaded from anywhere, and nothing is fetched: there is no include loader.
    """
    _guard_depth(source)
    try:
        return mjml.mjml2html(source, disable_comments=False, fonts={}, social_icon_origin="")
    except ValueError as error:
        found = re.search(r"position (\d+)", str(error))
        offset = len(source.encode()[: int(found.group(1))].decode("utf-8", "ignore")) if found else -1
        raise BrokenMjml(str(error), offset) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a bug of the compiler, met with broken comments; it is no Exception
            raise
        raise BrokenMjml("a comment or condition is not closed as it should be", -1) from None


def finish(page: str, style_sheet: str) -> str:
    """Puts the theme's style sheet inline (mail clients drop `<style>`), and writes what is not ASCII as references."""
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, minify_css=True, extra_css=style_sheet
    )
    inlined = inliner.inline(page)
    inlined = re.sub(r">\s*\n\s*<", ">\n<", inlined)
    return inlined.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _guard_depth(source: str) -> None:
    depth = 0
    for found in _TAG.finditer(source):
        closing, name, _attributes, itself = found.groups()
        if closing:
            depth -= 1
        elif not itself and name.lower() not in _VOID:
            depth += 1
        if depth > DEEPEST:
            raise BrokenMjml(f"tags are nested more than {DEEPEST} deep", found.start())
