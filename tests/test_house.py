"""Holds the shape of the code: which room may know which, one door for each library, no cycle, no vague name."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "newsletter"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOUNDATION = {"errors", "newsletter"}  # everybody may know the errors and the version
ROOMS: dict[str, set[str]] = {
    "read": set(),
    "compose": {"read"},
    "ledger": set(),
    "check": {"compose", "read", "ledger"},
    "preview": {"check", "compose", "read", "ledger"},
    "send": {"compose", "read", "ledger"},
    "listen": {"ledger", "read"},
    "cli": {"preview", "check", "compose", "read", "ledger", "send", "listen"},
}
DOORS: dict[str, set[str]] = {
    "click": {"cli"},
    "rich": {"cli"},
    "ruamel": {"read"},
    "pydantic": {"read"},
    "pydantic_core": {"read"},
    "email_validator": {"read"},
    "jinja2": {"compose/theme.py"},
    "mjml": {"compose/html.py"},
    "css_inline": {"compose/html.py"},
    "markdown_it": {"compose/markdown.py"},
    "PIL": {"compose/pictures.py"},
    "sqlite3": {"ledger"},
    "smtplib": {"send/connection.py"},
    "flufl": {"listen/bounces_of_old.py"},
    "segno": {"preview/phone.py"},
    "imapclient": {"listen/imap.py"},
    "dns": {"check/network/resolver.py"},
    "starlette": {"preview/app.py", "listen/web.py"},
    "tinycss2": {"check/css.py"},
    "openpyxl": {"read/exports/excel.py"},
}
VAGUE = {"utils", "util", "helpers", "helper", "core", "base", "common", "misc", "manager", "service"}


def name_of(path: Path) -> str:
    """`newsletter.read.fields`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """`read` for a module of that room, the module's own name for one that stands in no room."""
    return module.split(".")[1] if "." in module else "newsletter"


@cache
def imports_of(path: Path, *, for_types: bool = True) -> frozenset[str]:
    """Every module that a file imports, anywhere in it; `from newsletter.read import merge` counts as `newsletter.read.merge`.

    `for_types` counts those below `if TYPE_CHECKING:` too, which never run.
    """
    ours = {name_of(module) for module in MODULES}
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    never_run = {
        inside
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inside in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in never_run and not for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written out from `newsletter` on"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (members & ours) | (set() if members <= ours else {str(node.module)})
    return frozenset(found)


def modules(room: str) -> list[Path]:
    """The files of a room."""
    return [path for path in MODULES if room_of(name_of(path)) == room]


def test_there_are_no_other_rooms() -> None:
    """A new folder is a decision about the shape of the code, and is written down here first."""
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and list(path.glob("*.py"))} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_the_rooms_below_it(room: str) -> None:
    """Looking cannot send, the ledger knows nothing of newsletters, and reading knows nobody."""
    allowed = ROOMS[room] | FOUNDATION | {room}
    beyond = [
        f"{path.relative_to(PACKAGE)} imports {imported}"
        for path in modules(room)
        for imported in imports_of(path)
        if imported.split(".")[0] == "newsletter" and room_of(imported) not in allowed
    ]
    assert beyond == []


def test_the_connection_knows_nothing_of_newsletters() -> None:
    """What talks to the mail server gets addresses and bytes."""
    path = PACKAGE / "send" / "connection.py"
    if path.is_file():
        ours = {imported for imported in imports_of(path) if imported.startswith("newsletter.")}
        assert {room_of(imported) for imported in ours} <= {"errors", "send"}


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    """A library can be replaced in one place, because no other file knows it."""
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(imported.split(".")[0] == library for imported in imports_of(path))
    }
    assert [user for user in users if user not in DOORS[library] and user.split("/")[0] not in DOORS[library]] == []


def test_no_module_leads_back_to_itself() -> None:
    """Imports run one way; a circle would mean that two files are one."""
    graph = {name_of(path): imports_of(path, for_types=False) for path in MODULES}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"a circle: {' -> '.join([*trail, name])}"
        if name not in done:
            for imported in graph.get(name, ()):
                if imported in graph and imported != name:
                    walk(imported, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_says_what_it_is_in_its_name_and_first_sentence(path: Path) -> None:
    """A newcomer reads the folder like a table of contents."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert path.stem not in VAGUE


def test_only_commands_print() -> None:
    """Everything else returns values or raises from the one error tree."""
    printing = [
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if room_of(name_of(path)) != "cli"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    ]
    assert printing == []


def test_the_walls_are_looked_at() -> None:
    """The check above sees an import inside a function and an import of a module by its name."""
    assert "newsletter.read.practice" in imports_of(PACKAGE / "compose" / "mail.py")
    assert "email_validator" in imports_of(PACKAGE / "read" / "addresses.py")
    assert "newsletter.read.merge" in imports_of(PACKAGE / "compose" / "slots.py")
