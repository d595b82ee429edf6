"""The templates of a theme: shipped files, each of which a practice can replace by its own in `templates/<theme>/`.

Jinja2 runs in a sandbox, an unknown name is an error, and every value is escaped for MJML, whose attribute writer
mangles backslashes, control characters and most of what is not ASCII; numeric references pass it untouched.
"""

from __future__ import annotations

import datetime
import re
import traceback
import unicodedata
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, pass_eval_context
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from markupsafe import Markup, escape

from newsletter.compose import markdown, plain_text
from newsletter.compose.slots import SlotBook
from newsletter.errors import Missing, NewsletterError, Problem, ProblemsFound, did_you_mean, shown_path
from newsletter.read.practice import Practice

_REFERENCED = re.compile(r"[\\\x00-\x08\x0b-\x1f\x7f]")


def shipped_templates() -> Path:
    """The folder of the themes that come with the tool: inside the installed package, or in the source tree."""
    inside = Path(__file__).parents[1] / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "templates"


class _Compiled(BytecodeCache):
    """Templates compiled to Python, kept in memory: a run renders an issue once for each audience. An edited one is compiled anew."""

    def __init__(self) -> None:
        self.code: dict[str, tuple[str, Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self.code.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = (bucket.checksum, bucket.code)


_COMPILED = {True: _Compiled(), False: _Compiled()}  # by autoescape, which is compiled in


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

    @cached_property
    def own_files(self) -> list[Path]:
        """The practice's own templates, which nobody has tried but the practice."""
        return sorted(path for path in self.own.rglob("*") if path.is_file()) if self.own.is_dir() else []

    def text(self, name: str) -> str:
        """A file of the theme that is not a template, such as its style sheet."""
        for folder in self.folders:
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
        raise Missing(f"The theme {self.name} has no file {name}.", "Install the tool again, or restore the file.")

    def style_sheet(self, context: dict[str, Any]) -> str:
        """The rules that are put inline, with the practice's colours filled in."""
        return self._render(self._environment(autoescape=False, finalize=lambda value: value), "inline.css", context)

    def mjml(self, book: SlotBook, context: dict[str, Any]) -> str:
        """The whole issue as MJML."""
        environment = self._environment(autoescape=True, finalize=lambda value: as_markup(value, book))
        environment.filters.update(
            md=lambda text: to_ascii(markdown.to_html(book.open(text))),
            mdi=lambda text: to_ascii(markdown.inline_html(book.open(text))),
            day=spoken_day,
            month=spoken_month,
        )
        return self._render(environment, "issue.mjml", context).replace("\r\n", "\n").replace("\r", "\n").strip()

    def plain(self, book: SlotBook, context: dict[str, Any]) -> str:
        """The whole issue as plain text, lines wrapped but for those with slots, which are wrapped when they are filled."""
        pattern = book.pattern
        environment = self._environment(
            autoescape=False, finalize=lambda value: book.open(value) if isinstance(value, str) else value
        )
        environment.filters.update(
            md=lambda text, indent="": plain_text.blocks(markdown.to_text(book.open(text)), indent, pattern),
            mdi=lambda text: markdown.inline_text(book.open(text)),
            fold=lambda text, first="", rest=None: plain_text.fold(book.open(text), first, rest, pattern),
            underline=plain_text.underline,
            day=spoken_day,
            month=spoken_month,
        )
        return plain_text.tidy(self._render(environment, "issue.txt", context))

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
            raise self.problem(error.filename, error.lineno, f"{error.message}.") from None
        except TemplateNotFound as error:
            raise self.problem(None, 0, f"the theme {self.name} has no template {error}.") from None
        except (
            TemplateError,
            SecurityError,
            TypeError,
            ValueError,
            AttributeError,
            KeyError,
            ZeroDivisionError,
            RecursionError,
        ) as error:
            frames = [
                frame
                for frame in traceback.extract_tb(error.__traceback__)
                if Path(frame.filename).suffix in (".mjml", ".txt", ".css")
            ]
            last = frames[-1] if frames else None
            raise self.problem(last.filename if last else None, (last.lineno or 0) if last else 0, f"{error}.") from None

    def problem(self, file: str | Path | None, line: int, message: str) -> ProblemsFound:
        """A mistake in a template, with its file and line."""
        shown = shown_path(Path(file), self.practice.folder) if file else f"templates/{self.name}"
        return ProblemsFound(
            [Problem(shown, line, 0, message, "Correct the template, or delete it to use the one that comes with the tool.")]
        )


def as_markup(value: Any, book: SlotBook) -> Any:
    """What a template prints: slots opened, escaped for MJML, ASCII only."""
    if isinstance(value, Markup):
        return to_ascii(value)
    if isinstance(value, str):
        return to_ascii(escape(book.open(unicodedata.normalize("NFC", value))))
    return value


def to_ascii(markup: Markup) -> Markup:
    """Markup with everything that MJML would mangle as numeric references."""
    if markup.isascii() and not _REFERENCED.search(markup):
        return markup
    referenced = _REFERENCED.sub(lambda found: f"&#{ord(found.group())};", str(markup))
    return Markup(referenced.encode("ascii", "xmlcharrefreplace").decode("ascii"))


_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def spoken_month(day: datetime.date) -> str:
    """`December 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def spoken_day(day: datetime.date) -> str:
    """`Tuesday, December 1, 2026`."""
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"
