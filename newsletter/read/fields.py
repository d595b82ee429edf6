"""The kinds of text a field can hold: each type says what it takes, and refuses the rest in plain words."""

from __future__ import annotations

import datetime
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from newsletter.read.addresses import BadAddress, envelope_address

LINK_SCHEMES = ("https", "http", "mailto", "tel")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MERGE = re.compile(r"\{\{.*?\}\}")


class Section(BaseModel):
    """A frozen group of fields; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)


def refuse(message: str) -> NoReturn:
    """Rejects a field's value with a sentence that says what is wrong and what would be right."""
    raise PydanticCustomError("newsletter", "{sentence}", {"sentence": message})


def _text(value: str) -> str:
    value = unicodedata.normalize("NFC", value)
    if found := _CONTROL.search(value):
        refuse(f"it holds an invisible control character (number {ord(found.group())}). Delete it and type the word again.")
    if "\ufffd" in value:
        refuse("it holds \ufffd, which stands for a letter that was lost when the text was copied. Type the word again.")
    return value


def _line(value: str) -> str:
    value = _text(value)
    if "\n" in value:
        refuse("it must be one line. Join the lines.")
    return value


def _filled(value: str) -> str:
    if not value:
        refuse("it is empty. Write something, or delete the key.")
    return value


def _link(value: str) -> str:
    value = _line(value)
    if fault := link_fault(_MERGE.sub("x", value), value):
        refuse(fault)
    if "{{" in value and not value.lower().startswith(("https:", "http:")):
        refuse("a merge field can stand only in a link to a website, as in https://riverbend.example/?n={{ first_name }}.")
    return value


def link_fault(address: str, written: str = "") -> str:
    """What is wrong with an address as a link in a mail, as a sentence that calls it `written`; nothing where it is right."""
    shown = f'"{written or address}"'
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return f"{shown} is not a link that browsers understand. Copy the address from your browser."
    if parts.scheme not in LINK_SCHEMES or not address.partition(":")[2].strip("/"):
        return f"{shown} is not a link we can put in a mail. Begin it with https://, http://, mailto: or tel:."
    if re.search(r"[\s<>\"\\^`{|}]", address):
        return f"{shown} has a space or a sign that links must not have. Copy the address from your browser."
    if parts.scheme in ("http", "https") and not host:
        return f"{shown} names no website. Write it like https://riverbend.example/book."
    return ""


def _web_link(value: str) -> str:
    value = _link(value)
    if not value.lower().startswith(("https://", "http://")):
        refuse(f'"{value}" is not a web address. Begin it with https://.')
    return value


def _email(value: str) -> str:
    """An address that every mail server takes: ASCII, an international domain in its ASCII form."""
    try:
        return envelope_address(_line(value))
    except BadAddress as error:
        refuse(f'"{value}" cannot be used: {error}')


def _color(value: str) -> str:
    """A colour as six lower-case hex digits: MJML's Rust port does not expand `#eee`."""
    digits = value.strip().lstrip("#").lower()
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(c * 2 for c in digits)
    if not re.fullmatch(r"[0-9a-f]{6}", digits):
        refuse(f'"{value}" is not a colour. Write it in quotes as six hex digits, like "#1f6f78".')
    return f"#{digits}"


def _day(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
            refuse(f'"{value}" is not a date. Write it as year-month-day, like 2026-12-01.')
        try:
            return datetime.date.fromisoformat(value.strip())
        except ValueError:
            refuse(f'"{value}" is not a day of the calendar.')
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"0|[1-9][0-9]{0,8}", value.strip()):
            refuse(f'"{value}" is not a whole number. Write digits only, like 587.')
        return int(value)
    return value


def _yes_no(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip().lower() not in ("yes", "no", "true", "false"):
            refuse(f'"{value}" is neither yes nor no. Write one of the two.')
        return value.strip().lower() in ("yes", "true")
    return value


def _picture(value: str) -> str:
    """A picture's path inside the practice's folder, with forward slashes."""
    value = _line(value).replace("\\", "/")
    path = PurePosixPath(value)
    if "://" in value or value.startswith("data:"):
        refuse("pictures are taken from your folder, not from the web. Save it in images/ and write images/name.png.")
    if path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", value):
        refuse(f'"{value}" lies outside the practice\'s folder. Copy the picture into images/ and write images/name.png.')
    return value


def _tag(value: str) -> str:
    if re.search(r"[;,|/]", value):
        refuse(f'"{value}" is more than one tag: ; , | and / stand between tags. Write a list: [seniors, desk-work].')
    return value


def _time_zone(value: str) -> str:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        refuse(f'"{value}" is not a time zone. Write it like America/Denver.')
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        refuse(f'"{value}" is not a language code. Write en, es, fr ...')
    return value


Text = Annotated[str, AfterValidator(_text), AfterValidator(_filled)]
Line = Annotated[str, AfterValidator(_line), AfterValidator(_filled)]
Link = Annotated[str, AfterValidator(_link)]
WebLink = Annotated[str, AfterValidator(_web_link)]
Email = Annotated[str, AfterValidator(_email)]
Color = Annotated[
    str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"})
]
Day = Annotated[datetime.date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Whole = Annotated[int, BeforeValidator(_whole)]
YesNo = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"type": "boolean"})]
PicturePath = Annotated[str, AfterValidator(_picture), AfterValidator(_filled)]
Tag = Annotated[Line, AfterValidator(_tag)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Language = Annotated[str, AfterValidator(_language)]
