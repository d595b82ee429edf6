"""A running opt-out page for tests: the real command on a folder, requests to it, and what it printed."""

from __future__ import annotations

import contextlib
import http.client
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from previews import command, environment, free_port

from newsletter.ledger.keys import practice_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Suppressed, Suppressions

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
ANNA = "anna@mail.example"


@dataclass
class Answer:
    """One answer, its headers' names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()


@dataclass
class OptOuts:
    """A running `newsletter serve`, its folder, and what it printed so far."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    def path(self, address: str = ANNA) -> str:
        """Where the link in this person's mail leads."""
        return f"/u/{practice_keys(self.folder).token(address)}"

    def url(self, address: str = ANNA) -> str:
        """The same for a browser."""
        return f"http://127.0.0.1:{self.port}{self.path(address)}"

    def ask(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Answer:
        """One request, as curl would send it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        """Somebody looks."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: str = ONE_CLICK, **headers: str) -> Answer:
        """Somebody presses a button."""
        return self.ask("POST", path, body, **{"Content_Type": FORM, **headers})

    def dump(self) -> tuple[list[Suppressed], int]:
        """What the ledger holds: everybody suppressed by code, and how many lines the journal has."""
        ledger = Ledger.open(ledger_file(self.folder))
        try:
            return list(Suppressions(ledger).by_code()), ledger.value("SELECT count(*) FROM journal")
        finally:
            ledger.close()

    def codes(self) -> list[str]:
        """Who opted out."""
        return [one.who for one in self.dump()[0]]


@contextlib.contextmanager
def serving(folder: Path, *options: str, port: int | None = None) -> Iterator[OptOuts]:
    """Runs the command until the test is over; it is killed then, if it has not ended."""
    port = port or free_port()
    process = subprocess.Popen(
        command("-C", str(folder), "serve", "--port", str(port), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    page = OptOuts(folder, port, process)
    ready = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            page.printed.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(30)
        yield page
    finally:
        process.kill()
        process.wait()
        reader.join()


def end(page: OptOuts) -> int:
    """Presses Ctrl-C; gives the exit code."""
    page.process.send_signal(signal.SIGINT)
    return page.process.wait(20)
