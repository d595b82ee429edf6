"""What a person wrote in a mail themselves: without quoted mail, signature line of a phone, disclaimer and our own foot."""

from __future__ import annotations

import re

_MOST_LINES = 2000
_LONGEST = 1000  # letters of a line in which such things are looked for
_ATTRIBUTION_LINES = 4  # clients wrap "On Tuesday ... wrote:" over up to so many

# Everything below these lines is somebody else's mail: Outlook, Gmail and Apple Mail in English and Spanish.
_OLD_MAIL = re.compile(
    r"[\s>*_]*+(?:-{2,}+\s*+(?:original message|mensaje original|forwarded message|mensaje reenviado)"
    r"|begin forwarded message:|inicio del mensaje reenviado:)",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(r"\W{0,3}(?:from|de)\W{0,3}:\W{0,3}\S", re.IGNORECASE)
_BELOW_FROM = re.compile(r"\W{0,3}(?:sent|date|to|subject|enviado(?: el)?|fecha|para|asunto)\W{0,3}:", re.IGNORECASE)
# "On Tue, Dec 1, 2026 at 9:00 AM Riverbend <...> wrote:" and "2026-12-01 9:00 GMT-07:00 Riverbend <...>:"
_STARTS_ATTRIBUTION = re.compile(r"\W{0,9}(?:on|el|en|in a message dated)\s.*\d|\d{4}-\d\d-\d\d ", re.IGNORECASE)
_ENDS_ATTRIBUTION = re.compile(r"(?:\b(?:wrote|writes|escribi[oó])|@[^\s<>]{1,100}>)\s{0,3}:\s*\Z", re.IGNORECASE)
# Yahoo's app begins the old mail on the same line: "On Tue, Dec 1, 2026 at 9:00 AM, Riverbend<...> wrote:   Dear Anna,"
_ATTRIBUTION_AND_MORE = re.compile(r"\W{0,9}(?:on|el)\s.{0,20}\d.{0,200}\b(?:wrote|escribi[oó]):\s{2,}\S", re.IGNORECASE)

_SIGNATURE = re.compile(r"-- ?")
_RULE = re.compile(r"[\s_=*-]{5,}")  # a line drawn across the page
_DEVICE = re.compile(
    r"\W*(?:sent (?:from|via|with|using)\b.{0,80}|enviad[oa] (?:desde|con|mediante)\b.{0,80}|get outlook for\b.{0,60}"
    r"|(?:obtener|obtén|descargar?) outlook para\b.{0,60}|yahoo mail\b.{0,80}|virus-free\b.{0,60}|libre de virus\b.{0,60}"
    r"|(?:this (?:e-?mail|message) has been (?:checked|scanned)|este correo .{0,40}(?:comprobado|analizado))\b.{0,120}"
    r"|(?:caution:? ?)?(?:external e-?mail|this (?:e-?mail|message) originated (?:from )?outside)\b.{0,300}"  # added on the way
    r"|\[?(?:image|imagen|cid):.{0,120})",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W*(?:confidential(?:ity)?\b.{0,40}(?:notice|note|statement|:)|disclaimer\b|legal notice\b"
    r"|(?:this|the information in this) (?:e-?mail|message|communication|transmission)\b.{0,150}"
    r"(?:confidential|intended|privileged|addressee)"
    r"|aviso (?:legal|de (?:confidencialidad|privacidad))"
    r"|este (?:correo|mensaje|e-?mail)\b.{0,150}(?:confidencial|destinatario))",
    re.IGNORECASE,
)
# The foot of our own mails, where a client quotes without marking: templates/*/footer.txt and .mjml.
_OUR_FOOT = re.compile(
    r"\s*(?:you get this letter because you agreed|unsubscribe:?\s*<?(?:https?:|mailto:)\S*)|.*<mailto:[^>]*subject=unsubscribe",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """The lines that are the person's own, in order; blank lines at both ends are gone.

    Quoted lines may stand above what was written, below it, or in between.
    """
    lines = [line[:_LONGEST] for line in text.split("\n")[:_MOST_LINES]]
    own: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        attribution = _attribution(lines, number)
        if attribution and not _quoted(_next(lines, number + attribution)):
            break  # what follows is the old mail, unmarked
        if _ends_here(lines, number):
            break
        if not (attribution or _quoted(line) or _DEVICE.fullmatch(line.strip()) or _RULE.fullmatch(line)):
            own.append(line)
        number += attribution or 1
    return "\n".join(own).strip()


def _ends_here(lines: list[str], number: int) -> bool:
    line = lines[number]
    if _SIGNATURE.fullmatch(line) or any(one.match(line) for one in (_OLD_MAIL, _ATTRIBUTION_AND_MORE, _DISCLAIMER, _OUR_FOOT)):
        return True
    return bool(_FROM_LINE.match(line)) and any(_BELOW_FROM.match(below) for below in lines[number + 1 : number + 4])


def _attribution(lines: list[str], number: int) -> int:
    """How many lines from here on are "On Tuesday ... wrote:", 0 where none."""
    if not _STARTS_ATTRIBUTION.match(lines[number]):
        above_a_quote = lines[number].rstrip().endswith(":") and _quoted("".join(lines[number + 1 : number + 2]))
        return int(above_a_quote and "@" in lines[number])
    for count in range(1, _ATTRIBUTION_LINES + 1):
        joined = " ".join(line.strip() for line in lines[number : number + count])
        if _ENDS_ATTRIBUTION.search(joined[-130:]):
            return count
    return 0


def _next(lines: list[str], number: int) -> str:
    """The next line that is not blank."""
    return next((line for line in lines[number:] if line.strip()), "")


def _quoted(line: str) -> bool:
    return line.lstrip().startswith(">")
