"""Who sends the burst: this program, Postfix's load generator, nodemailer's pool, mailmerge, and a plain script."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from practice_to_send import ISSUE, NEWSLETTER, PracticeToSend
from servers import postfix_tool

OURS, SOURCE, SOURCE_KEEPING, NODEMAILER = "newsletter send", "smtp-source", "smtp-source -d", "nodemailer pool"
_NODEMAILER, _MAILMERGE = "10.6.0", "2.3.0"
_PEERS = Path(__file__).with_name("peers")
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "newsletter-benchmarks"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A name, how many messages it sends, and the command for a port and a number of messages."""

    name: str
    messages: int
    command: Callable[[int, int], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    personal: bool = True


def contestants(practice: PracticeToSend, people: int, connections: int) -> Iterator[Contestant]:
    """All that can run here; a line tells who cannot. Slow ones send fewer messages."""

    def ours(port: int, messages: int) -> list[str]:
        practice.forget()
        practice.serve_at(port, connections)
        limit = [] if messages == people else ["--limit", str(messages)]
        return [*NEWSLETTER, "-C", str(practice.folder), "send", ISSUE, "--yes", *limit]

    def source(*keeping: str) -> Callable[[int, int], list[str]]:
        tool = [postfix_tool("smtp-source"), "-s", str(connections), "-l", str(practice.size), *keeping]
        return lambda port, messages: [*tool, "-m", str(messages), f"127.0.0.1:{port}"]

    yield Contestant(OURS, people, ours)
    yield Contestant(SOURCE, people, source(), personal=False)
    yield Contestant(SOURCE_KEEPING, people, source("-d"), personal=False)
    yield from _nodemailer(practice, min(people, 5000), connections)
    files = [str(practice.list), str(practice.letter)]
    script = [sys.executable, str(_PEERS / "plain_smtplib.py")]
    yield Contestant(
        "smtplib, EmailMessage", min(people, 1000), lambda port, messages: [*script, str(port), str(messages), *files]
    )
    yield from _mailmerge(practice, min(people, 300))


def _nodemailer(practice: PracticeToSend, messages: int, connections: int) -> Iterator[Contestant]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        print("nodemailer is left out: node or npm is missing. To get them: sudo apt-get install npm")
        return
    folder = _CACHE / f"nodemailer-{_NODEMAILER}"
    if not (folder / "node_modules" / "nodemailer" / "package.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", f"nodemailer@{_NODEMAILER}"]
        if not _installed("nodemailer", install):
            return
    script, files = str(_PEERS / "nodemailer_pool.js"), [str(practice.list), str(practice.letter)]
    yield Contestant(
        NODEMAILER,
        messages,
        lambda port, count: [node, script, str(port), str(count), str(connections), *files],
        {"NODE_PATH": str(folder / "node_modules")},
    )


def _mailmerge(practice: PracticeToSend, messages: int) -> Iterator[Contestant]:
    folder = _CACHE / f"mailmerge-{_MAILMERGE}"
    program = folder / "bin" / "mailmerge"
    if not program.is_file():
        venv.create(folder, with_pip=True, clear=True)
        if not _installed(
            "mailmerge", [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", f"mailmerge=={_MAILMERGE}"]
        ):
            return
    place = practice.folder / "mailmerge"
    place.mkdir()
    (place / "template.txt").write_text(_mailmerge_template(json.loads(practice.letter.read_text())), encoding="utf-8")

    def command(port: int, count: int) -> list[str]:
        (place / "server.conf").write_text(f"[smtp_server]\nhost = 127.0.0.1\nport = {port}\n")
        with practice.list.open(encoding="utf-8") as rows, (place / "people.csv").open("w", encoding="utf-8") as some:
            some.writelines(itertools.islice(rows, count + 1))
        files = [f"--template={place}/template.txt", f"--database={place}/people.csv", f"--config={place}/server.conf"]
        return [str(program), "--no-dry-run", "--no-limit", *files]

    yield Contestant("mailmerge", messages, command)


def _mailmerge_template(letter: dict[str, str]) -> str:
    """A multipart template as its manual shows one; only name and address are Jinja2."""

    def literal(text: str) -> str:
        fields = text.replace("@@NAME@@", "{% endraw %}{{first_name}}{% raw %}")
        return "{% raw %}" + fields.replace("@@EMAIL@@", "{% endraw %}{{email}}{% raw %}") + "{% endraw %}"

    parts = "\n".join(
        f"--frontier\nContent-Type: text/{kind}; charset=us-ascii\n\n{literal(letter[part])}\n"
        for kind, part in (("plain", "text"), ("html", "html"))
    )
    head = f"TO: {{{{email}}}}\nSUBJECT: {literal(letter['subject'])}\nFROM: {letter['sender']}\nMIME-Version: 1.0\n"
    return f"{head}Content-Type: multipart/alternative; boundary=frontier\n\n{parts}\n--frontier--\n"


def _installed(name: str, command: list[str]) -> bool:
    """Installs a peer by its name, without this project's constraints."""
    environment = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(f"{name} is left out: it could not be installed. {done.stderr.strip()[-300:]}")
    return done.returncode == 0
