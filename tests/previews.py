"""A running preview for tests: the real command on a practice's folder, requests to it, and what a browser shows of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page

SOURCE = Path(__file__).parents[1]
ISSUE = "issues/desk-breaks.yaml"


@dataclass
class Preview:
    """A running `newsletter preview`, its folder, and what it printed."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def issue(self, slug: str = "desk-breaks") -> str:
        """The studio's page of an issue."""
        return f"{self.url}issue/{slug}"

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Saves a file with `old` replaced, as an editor does."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def state(self, query: str = "") -> dict[str, Any]:
        status, _, body = self.get(f"/state{query}")
        assert status == 200
        found: dict[str, Any] = json.loads(body)
        return found

    def end(self) -> tuple[int, str]:
        """Presses Ctrl-C; gives the exit code and what was said on stderr."""
        self.process.send_signal(signal.SIGINT)
        _, trouble = self.process.communicate(timeout=5)
        return self.process.returncode, trouble


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "newsletter", *arguments]


def environment() -> dict[str, str]:
    """No secret of the account is known but by asking."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_SMTP")}
    return {**known, "PYTHONUTF8": "1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def make_folder(folder: Path) -> Path:
    """A practice's folder with one issue, so that no other decides what is shown first; made again, it is as it was."""
    (folder / "issues").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "templates", ignore_errors=True)
    shutil.copy(SOURCE / "practice.example.yaml", folder / "practice.yaml")
    shutil.copy(SOURCE / "subscribers.example.csv", folder / "subscribers.csv")
    shutil.copy(SOURCE / ISSUE, folder / ISSUE)
    shutil.copytree(SOURCE / "issues" / "images", folder / "images", ignore=shutil.ignore_patterns("*.svg"), dirs_exist_ok=True)
    return folder


@contextlib.contextmanager
def running(folder: Path, *arguments: str, port: int | None = None) -> Iterator[Preview]:
    port = port or free_port()
    process = subprocess.Popen(
        command("-C", str(folder), "preview", *arguments, "--no-open", "--port", str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(),
    )
    preview = Preview(folder, port, process)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            preview.printed.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        for _ in range(100):
            with contextlib.suppress(OSError):
                preview.get("/icon.svg")
                break
            time.sleep(0.02)
        yield preview
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def shown(page: Page, where: str = "desktop") -> FrameLocator:
    return page.frame_locator(f"#{where} iframe:not(.coming)")


def problems(page: Page) -> Locator:
    return page.locator("#problems-list li")


def scrolled(page: Page, where: str, to: int | None = None) -> int:
    """How far down a frame is scrolled, after scrolling it there where `to` is given."""
    script = """(where, to) => {
        const root = document.querySelector(`#${where[0]} iframe:not(.coming)`).contentDocument.scrollingElement;
        if (where[1] !== null) root.scrollTop = where[1];
        return root.scrollTop;
    }"""
    return int(page.evaluate(script, [where, to]))
