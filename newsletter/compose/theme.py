"""The templates of a theme: shipped files, each of which a practice can replace by its own in `templates/<theme>/`.

Jinja2 runs in a sandbox, an unknown name is an error, and every value is escaped for MJML, whose attribute writer
mangles backslashes, control characters and most of what is not ASCII; numeric references pass it untouched.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import traceback
import unicodedata
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_eval_context,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from newsletter.compose import markdown, plain_text
from newsletter.compose.slots import SlotBook
from newsletter.errors import NewsletterError, Problem, ProblemsFound, did_you_mean, shown_path
from newsletter.read.own_cache import cache_folder
from newsletter.read.practice import Practice

Converted = TypeVar("Converted")
_CACHE = f"jinja-{jinja2.__version__}"
_REFERENCED = re.compile(r"[\\\x00-\x09\x0b-\x1f\x7f]")


def shipped_templates() -> Path:
    """The folder of the themes that come with the tool: inside the installed package, or in the source tree."""
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


class _Compiled(BytecodeCache):
    """Templates compiled to Python: kept in memory for the next audience, and in the user's own cache for the next command.

    An edited template is compiled anew. The cache is never in the practice's folder, which may come from somebody else.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.code: dict[str, tuple[str, Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills in the code that was kept, where its template is still the same."""
        checksum, code = self.code.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None
        if bucket.code is None and (folder := cache_folder(_CACHE)):
            with contextlib.suppress(OSError, ValueError, EOFError, TypeError), self._file(folder, bucket).open("rb") as stream:
                bucket.load_bytecode(stream)
            self.code[bucket.key] = (bucket.checksum, bucket.code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what was just compiled."""
        self.code[bucket.key] = (bucket.checksum, bucket.code)
        if folder := cache_folder(_CACHE):
            with contextlib.suppress(OSError):  # a full disk costs time, not the newsletter
                half_written = self._file(folder, bucket).with_suffix(f".{os.getpid()}")
                with half_written.open("wb") as stream:
                    bucket.write_bytecode(stream)
                half_written.replace(self._file(folder, bucket))

    def _file(self, folder: Path, bucket: Bucket) -> Path:
        return folder / f"{bucket.key}-{self.kind}.compiled"


_COMPILED = {True: _Compiled("mjml"), False: _Compiled("plain")}  # by autoescape, which is compiled in


class Theme:
    """One theme as a practice sees it: its own files first, the shipped ones for the rest."""

    def __init__(self, practice: Practice) -> None:
        self.name = practice.text.brand.theme
        self.own = practice.folder / "templates" / self.name
        self.practice = practice
        folders = [folder for folder in (self.own, shipped_templates() / self.name) if folder.is_dir()]
        if not folders:
            known = [path.name for path in shipped_templates().iterdir() if path.is_dir()]
            where = (
                practice.document.root.value["brand"]
                if isinstance(practice.document.root.value, dict)
                else practice.document.root
            )
            message = f'there is no theme "{self.name}".'
            raise ProblemsFound([Problem(practice.document.path, where.line, 0, message, did_you_mean(self.name, known))])
        self.folders = folders
        self.unreadable: dict[str, None] = {}

    @cached_property
    def own_files(self) -> list[Path]:
        """The practice's own templates, which nobody has tried but the practice."""
        return sorted(path for path in self.own.rglob("*") if path.is_file()) if self.own.is_dir() else []

    def style_sheet(self, context: dict[str, Any]) -> str:
        """The rules that are put inline, with the practice's colours filled in."""
        return self._render(self._environment(autoescape=False, finalize=lambda value: value), "inline.css", context)

    def mjml(self, book: SlotBook, context: dict[str, Any]) -> str:
        """The whole issue as MJML."""
        environment = self._environment(autoescape=True, finalize=lambda value: as_markup(value, book))
        environment.filters.update(
            md=lambda text: to_ascii(self._read(markdown.to_html, text, book, Markup())),
            mdi=lambda text: to_ascii(self._read(markdown.inline_html, text, book, Markup())),
            day=spoken_day,
            month=spoken_month,
        )
        return self._render(environment, "issue.mjml", context).replace("\r\n", "\n").replace("\r", "\n").strip()

    def plain(self, book: SlotBook, context: dict[str, Any]) -> str:
        """The whole issue as plain text, lines wrapped but for those with slots, which are wrapped when they are filled."""
        pattern = book.pattern
        environment = self._environment(
            autoescape=False, finalize=lambda value: book.open(value) if type(value) is str else value
        )
        environment.filters.update(
            md=lambda text, indent="": plain_text.blocks(self._read(markdown.to_text, text, book, []), indent, pattern),
            mdi=lambda text: plain_text.Laid(self._read(markdown.inline_text, text, book, "")),
            fold=lambda text, first="", rest=None: plain_text.fold(book.open(text), first, rest, pattern),
            underline=lambda text, sign="-": plain_text.underline(text, sign, pattern),
            day=spoken_day,
            month=spoken_month,
        )
        return plain_text.tidy(self._render(environment, "issue.txt", context))

    def _read(self, convert: Callable[[str], Converted], text: str, book: SlotBook, empty: Converted) -> Converted:
        """A text of the issue, converted; one that cannot be is noted in `unreadable`, so that all are told at once."""
        try:
            return convert(book.open(text))
        except markdown.BadLink:
            self.unreadable[text] = None
            return empty

    def _environment(self, *, autoescape: bool, finalize: Callable[[Any], Any]) -> ImmutableSandboxedEnvironment:
        return ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in self.folders]),
            autoescape=autoescape,
            undefined=StrictUndefined,
            # Nothing is worked out while compiling: what a template prints depends on the rendering's own slot book.
            finalize=pass_eval_context(lambda _context, value: finalize(value)),
            optimized=False,
            bytecode_cache=_COMPILED[autoescape],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def _render(self, environment: ImmutableSandboxedEnvironment, name: str, context: dict[str, Any]) -> str:
        try:
            return environment.get_template(name).render(context)
        except NewsletterError:
            raise
        except TemplateSyntaxError as error:
            raise self.problem(error.filename, error.lineno, f"{(error.message or '').rstrip('.')}.") from None
        except SyntaxError as error:  # Jinja leaves a macro's doubled argument to Python, whose line is not the template's
            message = re.sub(r"'l_\d+_", "'", error.msg)
            raise self.problem(error.filename, 0, f"{message}.") from None
        except TemplateNotFound as error:
            raise self.problem(*_last_place(error), f"the theme {self.name} has no template {error}.") from None
        except (
            TemplateError,
            SecurityError,
            TypeError,
            ValueError,
            AttributeError,
            LookupError,
            ArithmeticError,
            RecursionError,
        ) as error:
            raise self.problem(*_last_place(error), f"{str(error).rstrip('.')}.") from None

    def problem(self, file: str | Path | None, line: int, message: str) -> ProblemsFound:
        """A mistake in a template, with its file and line."""
        shown = shown_path(Path(file), self.practice.folder) if file else f"templates/{self.name}"
        return ProblemsFound(
            [Problem(shown, line, 0, message, "Correct the template, or delete it to use the one that comes with the tool.")]
        )


def _last_place(error: Exception) -> tuple[str | None, int]:
    """The template and line that was being filled in when `error` came."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).suffix in (".mjml", ".txt", ".css")
    ]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else (None, 0)


def as_markup(value: Any, book: SlotBook) -> Any:
    """What a template prints: slots opened, escaped for MJML, ASCII only."""
    if isinstance(value, Markup):
        return to_ascii(value)
    if isinstance(value, str):
        return to_ascii(escape(book.open(unicodedata.normalize("NFC", value))).replace("\n", Markup("&#10;")))
    return value


def to_ascii(markup: Markup) -> Markup:
    """Markup with everything that MJML would mangle as numeric references."""
    if markup.isascii() and not _REFERENCED.search(markup):
        return markup
    referenced = _REFERENCED.sub(lambda found: f"&#{ord(found.group())};", str(markup))
    return Markup(referenced.encode("ascii", "xmlcharrefreplace").decode("ascii"))


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def spoken_month(day: datetime.date) -> str:
    """`December 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def spoken_day(day: datetime.date) -> str:
    """`Tuesday, December 1, 2026`."""
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"
