"""The HTML page as mail programs treat it: not too large, styles where they are read, pictures that show."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.evidence import Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART

_TOO_LONG, _LONG = 100_000, 90_000  # bytes of HTML; Gmail clips near 102 kB, and providers add to links
_TOO_MUCH_STYLE, _MUCH_STYLE = 16_384, 12_288  # bytes of <style>; Gmail keeps what begins before 16 kB
_SHOWN = 60


@mail_rule("H01", "a page that Gmail does not cut", ERROR, WARNING, source="Gmail clips near 102 kB of HTML")
def not_clipped(mails: Mails) -> Iterator[Finding]:
    """Under 90,000 bytes; pictures do not count."""
    sizes = {len((sample.html or "").encode()) for sample in mails.samples}
    if max(sizes) >= _LONG:
        size = f"The page has {max(sizes) / 1000:.0f} kB"
        if max(sizes) >= _TOO_LONG:
            yield error(HTML_PART, f"{size}: Gmail cuts it off at about 100 kB.", "Shorten the issue, or make two of it.")
        else:
            yield warning(HTML_PART, f"{size}: Gmail cuts off at about 100 kB.", "Shorten the issue a little.")


@mail_rule("H02", "style rules that Gmail reads", ERROR, WARNING, source="Gmail keeps only style rules before 16 kB (caniemail)")
def style_rules(mails: Mails) -> Iterator[Finding]:
    """At most 12 kB of <style>, all of it in the head."""
    fix = "Delete rules from head.css of your theme."
    for sample in mails.unlike:
        style = sample.page.style
        if style >= _TOO_MUCH_STYLE:
            yield error(HTML_PART, f"The page has {style / 1024:.0f} kB of style rules: Gmail drops all after 16 kB.", fix)
        elif style > _MUCH_STYLE:
            yield warning(HTML_PART, f"The page has {style / 1024:.0f} kB of style rules: Gmail reads 16 kB.", fix)
        if sample.page.style_in_body:
            harm = "Style rules stand in the body of the page: many mail programs ignore them there."
            yield warning(HTML_PART, harm, "Move them to head.css of your theme.")


@mail_rule("H04", "pictures that readers can load", ERROR, source="caniemail: data URIs, relative and http pictures")
def picture_sources(mails: Mails) -> Iterator[Finding]:
    """https or part of the mail; never data:, http:, a file, or an address without a website."""
    for sample in mails.unlike:
        inside = {f"cid:{(part['Content-ID'] or '').strip(' <>')}" for part in sample.parts}
        for source in dict.fromkeys(sample.page.picture_sources):
            scheme = source.partition(":")[0].lower() if ":" in source else ""
            if scheme == "https" or (scheme == "cid" and source in inside):
                continue
            problem = {
                "data": "is written into the page: Gmail does not show such pictures.",
                "http": "is loaded without encryption: many mail programs refuse it.",
                "file": "lies on your own computer: nobody else can see it.",
                "cid": "is missing from the mail.",
            }.get(scheme, "has no full web address: nobody can load it.")
            place = mails.place_of(source, HTML_PART)
            yield error(
                place, f"The picture {source[:_SHOWN]} {problem}", "Put the picture into images/ and name it in the issue."
            )


@mail_rule(
    "H05", "pictures with words and width", ERROR, WARNING, source="WCAG 2.2, 1.1.1; classic Outlook reads the width attribute"
)
def picture_words(mails: Mails) -> Iterator[Finding]:
    """Every <img> has alt (empty for decoration) and width."""
    for sample in mails.unlike:
        for picture in sample.page.pictures:
            name = picture.attributes.get("src", "")[:_SHOWN]
            if "alt" not in picture.attributes:
                harm = f"The picture {name} has no words for readers who cannot see it."
                yield error(HTML_PART, harm, 'Give it an alt in the template; alt="" if it is decoration.')
            if not picture.attributes.get("width"):
                harm = f"The picture {name} has no width: Outlook shows it in its full size."
                yield warning(HTML_PART, harm, "Give it a width in the template.")
