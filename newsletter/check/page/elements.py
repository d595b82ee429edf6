"""What must not stand in a mail: things that act or play, pictures and fonts from strangers, and tags that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newsletter.check import css
from newsletter.check.evidence import Mails
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.markup import Element, Page
from newsletter.check.page.loads import Load, is_foreign, loads_of, own_domains
from newsletter.check.page.nesting import faults
from newsletter.check.page.theme_lines import theme_place
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART

_SHOWN = 60  # characters of an address
_NAMED = 3  # of several hosts
_MARKUP_OF_GMAIL = "application/ld+json"  # developers.google.com/workspace/gmail/markup: facts for the inbox, never run
_DANGEROUS = {  # what it is called, what is done with it, and what to do instead
    "script": ("a script (<script>)", "link to the page of your website that does the same"),
    "iframe": ("a page within the page (<iframe>)", "put in a picture that links to that page, map or film"),
    "frame": ("a page within the page (<frame>)", "put in a link to that page"),
    "frameset": ("a page made of pages (<frameset>)", "write the words into the mail itself"),
    "form": ("a form to fill in (<form>)", "put in a button that leads to the form on your website"),
    "object": ("an embedded file (<object>)", "put in a picture that links to the file on your website"),
    "embed": ("an embedded file (<embed>)", "put in a picture that links to the file on your website"),
    "applet": ("a program (<applet>)", "link to the page of your website that does the same"),
}
_DROPPED = {
    "video": ("a film (<video>)", "Put in a picture of the film that links to it on your website."),
    "audio": ("a sound (<audio>)", "Put in a link to the recording on your website."),
    "canvas": ("a drawing made by a script (<canvas>)", "Put in a picture."),
    "math": ("a formula (<math>)", "Put in a picture of the formula with its words as alt."),
    "template": ("a part that only a script can show (<template>)", "Write it into the mail itself, or delete it."),
}
_ALONE = frozenset(["absolute", "fixed", "sticky", "-webkit-sticky"])  # `relative` without it moves nothing
_KINDS = {
    "pixel": (
        "an invisible picture",
        "It tells them which patient opened the mail, and when.",
        "Delete that <img>, or switch off tracking at the service that puts it in.",
    ),
    "style": (
        "fonts or style rules",
        "They learn when the mail is opened and from where, and most mail programs refuse to load it.",
        "Delete it, and name fonts that everybody has: Arial, sans-serif.",
    ),
    "picture": (
        "a picture",
        "They learn when the mail is opened and from where, and can change or remove it.",
        "Copy the picture into images/ and name that file, or put it on your own website.",
    ),
}


@mail_rule(
    "H10",
    "nothing loaded from strangers",
    WARNING,
    source="patients' privacy (HIPAA, 45 CFR 164.502); caniemail: css-at-font-face",
)
def loaded_from_strangers(mails: Mails) -> Iterator[Finding]:
    """Pictures, fonts and style rules come with the mail, from the practice's website or from the sender's domain."""
    own = own_domains(mails)
    found: dict[str, dict[str, Load]] = {}
    for sample in mails.unlike:
        for load in loads_of(sample.page):
            unencrypted = load.kind == "picture" and load.url[:5].lower() == "http:"  # H04 says so
            if not unencrypted and is_foreign(load.host, own):
                found.setdefault(load.kind, {}).setdefault(load.host, load)
    for kind, (what, harm, fix) in _KINDS.items():
        if hosts := found.get(kind):
            first = next(iter(hosts.values()))
            place = mails.place_of(first.url, "") or theme_place(mails, first.url, first.host)
            yield warning(place, f"Whoever opens the mail loads {what} from {_spoken(list(hosts))}. {harm}", fix)


def _spoken(hosts: list[str]) -> str:
    more = f" and {len(hosts) - _NAMED} more" if len(hosts) > _NAMED else ""
    return ", ".join(host[:_SHOWN] for host in hosts[:_NAMED]) + more


@mail_rule(
    "H11", "nothing that acts or plays", ERROR, WARNING, source="caniemail: html-form, html-object, html-video, css-position"
)
def acts_or_plays(mails: Mails) -> Iterator[Finding]:
    """No scripts, frames, forms or embedded files; no films, sounds, event handlers, reloads, or parts placed by position."""
    met: set[str] = set()
    for sample in mails.unlike:
        for element in sample.page.elements:
            tag = element.tag
            if tag in met or not (tag in _DROPPED or (tag in _DANGEROUS and _acts(element))):
                continue
            met.add(tag)
            if tag in _DROPPED:
                what, fix = _DROPPED[tag]
                harm = f"The mail has {what}. Most mail programs leave it out, so readers see nothing there."
                yield warning(theme_place(mails, f"<{tag}"), harm, fix)
            else:
                what, instead = _DANGEROUS[tag]
                harm = f"The mail has {what}. Mail programs take it out or warn of it, and spam filters block mails that have it."
                yield error(theme_place(mails, f"<{tag}"), harm, f"Delete it; {instead}.")
        yield from _attributes(mails, sample.page)
        yield from _placed(mails, sample.page)


def _acts(element: Element) -> bool:
    return element.tag != "script" or element.attributes.get("type", "").strip().lower() != _MARKUP_OF_GMAIL


def _attributes(mails: Mails, page: Page) -> Iterator[Finding]:
    """Attributes that run a script, and a page that loads another by itself."""
    written = {name for element in page.elements for name in element.attributes}
    for name in sorted(name for name in written if name.startswith("on") and name.isalpha())[:_NAMED]:
        harm = f"A part of the mail should do something by script ({name}). Mail programs take that out, so nothing happens."
        yield warning(theme_place(mails, f"{name}="), harm, f"Delete {name}, and use a plain link.")
    for element in page.elements:
        if element.tag == "meta" and element.attributes.get("http-equiv", "").strip().lower() == "refresh":
            harm = "The mail tells the program to load another page by itself. Spam filters count that as fraud."
            yield warning(theme_place(mails, "http-equiv"), harm, "Delete the <meta http-equiv> line.")


def _placed(mails: Mails, page: Page) -> Iterator[Finding]:
    """The first part that is taken out of its place by `position`, whether by its own style or by a rule for every screen."""
    for written in _positions(page):
        harm = f"A part of the mail is placed by position: {written}. Gmail and Outlook ignore that, so it stands elsewhere."
        yield warning(theme_place(mails, f"position:{written}"), harm, "Put it in a table cell where it should stand.")
        return


def _positions(page: Page) -> Iterator[str]:
    for element in page.elements:
        if element.tag == "style":
            rules = (rule for text, _ in element.text if "position" in text for rule in css.style_sheet(text) if not rule.within)
            for rule in rules:
                yield from _alone(rule.declarations)
        elif "position" in element.attributes.get("style", "") and not element.hidden:
            yield from _alone(css.declarations(element.attributes["style"]))


def _alone(declared: Iterable[css.Declaration]) -> Iterator[str]:
    return (one.value for one in declared if one.name == "position" and one.value.lower() in _ALONE)


@mail_rule(
    "H12",
    "tags that fit each other",
    WARNING,
    ADVICE,
    source="Gmail sender guidelines: HTML standards (support.google.com/mail/answer/81126)",
)
def well_formed(mails: Mails) -> Iterator[Finding]:
    """Tags closed in order, quotation marks in pairs, each id once, words of a table in its cells, and a doctype."""
    told: set[str] = set()  # one of each kind: a single slip makes many
    for sample in mails.unlike:
        for fault in faults(sample.page):
            if fault.kind not in told:
                told.add(fault.kind)
                place = theme_place(mails, fault.written) if fault.written else HTML_PART
                yield warning(place, fault.harm, fault.fix)
        if sample.html and not sample.page.doctype:
            harm = "The page does not say that it is HTML (<!DOCTYPE html>). Some programs then draw sizes as they did in 1998."
            yield advice(HTML_PART, harm, "Write <!DOCTYPE html> before everything else.")
