"""How long a save takes until the preview shows it, beside Maizzle's dev server: `python benchmarks/preview.py`.

The real commands run, and their pages stand in a real Chromium of 1440x900 pixels: the studio with phone and desktop side by
side, and Maizzle 6, with which programmers make newsletters, with about the same text in one template. A file gets a new word
near its top, and the time runs from the end of the write until both mails of the studio (Maizzle's one) were drawn with that
word: a frame of 1/60 s after they first have it, so that a part of a frame is counted too much, for both.
"written" empties the file and writes it, as many editors do, "renamed" puts a new file in its place, as the others do. All
take turns, and each waits until the one before is quiet. Bar: 150 ms (median) for each save of the sample issue, of its list
and of the practice's settings; an issue three times as long has none. "told" is the time until the page begins to
ask for the new mail, then come the answers to what it asks for, and "drawn" is what is left.

Needs Playwright and a Chromium. Maizzle, and the Node that it needs, are installed by name into the user's cache folder when
they are missing there; without npm, its rows are left out. Its checks, which ask a server on the internet, are off.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import io
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NEWSLETTER = [sys.executable, "-m", "newsletter"]
ISSUE = "back-muscle-spasms"
BAR = 150.0  # milliseconds
LONGER = 3
ENOUGH = 75.0  # seconds after which a busy computer is let off the rest of the saves of a table
PATIENCE = 10.0  # seconds until a save counts as one that is never shown
MAIZZLE, NODE = "6.1.7", "22.23.3"
_PEER = Path(__file__).parent / "peers" / "maizzle"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "newsletter-benchmarks"

# Looks before each drawing whether the mails have the word; what is drawn then is on the screen one drawing later.
PROBE = """([frames, count, word, patience]) => {
  performance.clearResourceTimings();
  const clock = () => performance.timeOrigin + performance.now();
  const has = (frame) => frame.contentDocument?.body?.textContent.includes(word);
  window.drawn = new Promise((done) => {
    const tell = () => done({
      at: clock(),
      late: Date.now() - clock(),
      asked: performance.getEntriesByType("resource").map((one) =>
        [new URL(one.name).pathname, performance.timeOrigin + one.startTime, performance.timeOrigin + one.responseEnd]),
    });
    const look = () => {
      const shown = [...document.querySelectorAll(frames)];
      if (shown.length === count && shown.every(has)) requestAnimationFrame(() => setTimeout(tell));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    setTimeout(() => done(null), patience * 1000);
  });
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview in a page: which frames show the mail, how many, and where the page asks for what, in order."""

    page: Page
    frames: str
    count: int
    asks: tuple[str, ...]
    running: list[str]

    def wait_until_quiet(self) -> None:
        """Until the page has asked for nothing for a while; at no fixed distance from the save before."""
        self.page.wait_for_timeout(100)
        while self.running:
            self.page.wait_for_timeout(100)
        self.page.wait_for_timeout(random.uniform(50, 150))


@dataclass(slots=True)
class Series:
    """The same save again and again: who shows it, and how a word gets into the file. `bar` is what its median may take."""

    name: str
    shown: Shown
    save: Callable[[str], None]
    bar: float | None = None
    times: list[float] = field(default_factory=list)
    parts: list[list[float]] = field(default_factory=list)

    def run(self, word: str) -> None:
        """Saves once, and notes how long it took until it was drawn."""
        self.shown.wait_until_quiet()
        self.shown.page.evaluate(PROBE, [self.shown.frames, self.shown.count, word, PATIENCE])
        self.save(word)
        saved = time.time() * 1000
        seen: dict[str, Any] | None = self.shown.page.evaluate("() => window.drawn")
        if seen is None:
            raise SystemExit(f"{self.name}: a save was not shown within {PATIENCE:.0f} seconds.")
        if abs(seen["late"]) > 3:
            raise SystemExit("The browser's clock differs from the computer's; was it set just now?")
        self.times.append(seen["at"] - saved)
        self.parts.append(self._parts(saved, seen))

    def print(self) -> list[str]:
        """Prints the row; gives the bar where it was missed."""
        best, middle = min(self.times), statistics.median(self.times)
        most = statistics.quantiles(self.times, n=10, method="inclusive")[8]
        held = self.bar is None or middle <= self.bar
        verdict = "" if self.bar is None else f"  (bar {self.bar:.0f} ms: {'held' if held else 'MISSED'})"
        names = ["told", *self.shown.asks, "drawn"]
        parts = [statistics.median(part) for part in zip(*self.parts, strict=True)]
        told = ", ".join(f"{name} {part:.0f}" for name, part in zip(names, parts, strict=True))
        print(f"{self.name:<34} {best:6.0f} {middle:7.0f} {most:6.0f}   {told}{verdict}")
        return [] if held else [f"{self.name}: {middle:.0f} ms, not {self.bar:.0f}"]

    def _parts(self, saved: float, seen: dict[str, Any]) -> list[float]:
        """Milliseconds until the page asked, until each answer was there, and until the mail was drawn."""
        parts, before = [], saved
        for number, path in enumerate(self.shown.asks):
            asked = [(start, end) for name, start, end in seen["asked"] if name.startswith(path) and start >= saved]
            if number == 0:
                start = min((start for start, _ in asked), default=before)
                parts.append(start - before)
                before = start
            end = max((end for _, end in asked), default=before)
            parts.append(end - before)
            before = end
        return [*parts, seen["at"] - before]


def main() -> None:
    """Prints a row a series, then names the bars that were missed, if any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--saves", type=int, default=20, help="of each kind, at least 2 (default: 20)")
    parser.add_argument("--alone", action="store_true", help="leave Maizzle out")
    asked = parser.parse_args()
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders do not stay behind
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        raise SystemExit("Chromium is missing. To get it: sudo apt-get install chromium")
    # No name but this computer's is ever looked up.
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with tempfile.TemporaryDirectory(prefix="preview-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors, load {load:.1f} before; {asked.saves} saves each; milliseconds from saved to drawn:")
        missed = measure(Path(folder), browser, max(2, asked.saves), alone=asked.alone)
        browser.close()
    if missed:
        raise SystemExit("MISSED: " + "; ".join(missed))


def measure(folder: Path, browser: Browser, saves: int, *, alone: bool) -> list[str]:
    """Starts both, lets them take turns, and prints the table; gives the bars that were missed."""
    practice = folder / "practice"
    subprocess.run([*NEWSLETTER, "init", str(practice)], check=True, capture_output=True)
    subprocess.run([*NEWSLETTER, "-C", str(practice), "build", ISSUE], check=True, capture_output=True)
    letter = (practice / "build" / ISSUE / f"{ISSUE}.txt").read_text(encoding="utf-8")
    issue, names, settings = practice / "issues" / f"{ISSUE}.yaml", practice / "subscribers.csv", practice / "practice.yaml"
    with contextlib.ExitStack() as opened:
        ours = opened.enter_context(studio(practice, browser))
        theirs = None if alone else opened.enter_context(maizzle(folder / "maizzle", letter, browser))
        template = folder / "maizzle" / "emails" / "issue.vue"
        opening = (r"^opening: \|\n  ", r"\g<0>@@WORD@@ ")
        rows = [
            Series("newsletter, issue written", ours, saving(issue, *opening), BAR),
            Series("newsletter, issue renamed", ours, saving(issue, *opening, put=renamed), BAR),
            Series("newsletter, list written", ours, saving(names, r"(\A.*\n[^,]*,)[^,]*", r"\g<1>@@WORD@@"), BAR),
            Series("newsletter, settings written", ours, saving(settings, r"^  name: .*$", r"\g<0> @@WORD@@"), BAR),
        ]
        word = (r"<Text>", r"\g<0>@@WORD@@ ")
        if theirs:
            rows.append(Series("Maizzle, template written", theirs, saving(template, *word)))
            rows.append(Series("Maizzle, template renamed", theirs, saving(template, *word, put=renamed)))
        missed = take_turns(rows, saves)
        written(issue, longer(issue.read_text(encoding="utf-8")))
        rows = [Series(f"newsletter, issue {LONGER} times as long", ours, saving(issue, *opening))]
        if theirs:
            written(template, peer_template(letter, LONGER))
            rows.append(Series(f"Maizzle, {LONGER} times as long", theirs, saving(template, *word)))
        return missed + take_turns(rows, saves)


def take_turns(rows: Sequence[Series], saves: int) -> list[str]:
    """Lets each save once, and again; prints the rows and gives the bars that were missed."""
    end = time.monotonic() + ENOUGH
    for number in range(saves + 1):
        if number > 1 and time.monotonic() > end:
            print(f"This computer is busy: only {number - 1} saves each.")
            break
        for row in rows if number % 2 == 0 else reversed(rows):
            row.run(f"word{random.randrange(10**9):09}")
    print(f"{'':<34} {'least':>6} {'median':>7} {'90 %':>6}   of the median, about")
    missed = []
    for row in rows:
        del row.times[0], row.parts[0]  # the first is not counted
        missed += row.print()
    return missed


def saving(path: Path, place: str, words: str, put: Callable[[Path, str], None] | None = None) -> Callable[[str], None]:
    """A save that puts a word into what the file holds now, at the first `place`."""
    before = path.read_text(encoding="utf-8")

    def save(word: str) -> None:
        text, found = re.subn(place, words.replace("@@WORD@@", word), before, count=1, flags=re.MULTILINE)
        assert found == 1, f"{path.name} has no {place}"
        (put or written)(path, text)

    return save


def written(path: Path, text: str) -> None:
    """Empties the file and writes it."""
    path.write_text(text, encoding="utf-8")


def renamed(path: Path, text: str) -> None:
    """Puts a new file in the place of the old one."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def longer(issue: str) -> str:
    """The issue with its body several times."""
    head, mark, rest = issue.partition("\nbody:\n")
    body, end, tail = rest.partition("\nsources:\n")
    assert mark
    assert end
    return head + mark + "\n".join([body] * LONGER) + end + tail


@contextlib.contextmanager
def studio(practice: Path, browser: Browser) -> Iterator[Shown]:
    """The studio with phone and desktop side by side."""
    port = free_port()
    command = [*NEWSLETTER, "-C", str(practice), "preview", ISSUE, "--no-open", "--port", str(port)]
    with served(command, port, practice):
        frames = "#phone iframe:not(.coming), #desktop iframe:not(.coming)"
        yield opened(browser, f"http://127.0.0.1:{port}/issue/{ISSUE}?view=both", frames, 2, ("/state", "/mail/"))


@contextlib.contextmanager
def maizzle(folder: Path, letter: str, browser: Browser) -> Iterator[Shown | None]:
    """Maizzle's page with the letter's text in a template; None where it cannot be had."""
    modules = installed()
    if modules is None:
        yield None
        return
    (folder / "emails").mkdir(parents=True)
    (folder / "node_modules").symlink_to(modules, target_is_directory=True)
    (folder / "package.json").write_text('{"name": "peer", "private": true, "type": "module"}')
    shutil.copy(_PEER / "maizzle.config.js", folder)
    written(folder / "emails" / "issue.vue", peer_template(letter, 1))
    port = free_port()
    node, program = modules / "node" / "bin" / "node", modules / "@maizzle" / "framework" / "bin" / "maizzle.mjs"
    command = [str(node), str(program), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with served(command, port, folder):
        yield opened(browser, f"http://127.0.0.1:{port}/emails/issue", "iframe", 1, ("/__maizzle/render/",))


def peer_template(letter: str, times: int) -> str:
    """Maizzle's template with the text of a built newsletter."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", letter.strip()):
        text = html.escape(paragraph).replace("{{", "{ {")
        heading = re.fullmatch(r"(.*)\n[-=]{3,}", text)
        parts.append(f'<Heading as="h2">{heading[1]}</Heading>' if heading else f"<Text>{text}</Text>")
    return (_PEER / "issue.vue").read_text(encoding="utf-8").replace("@@LETTER@@", "\n".join(parts * times))


def installed() -> Path | None:
    """The folder with Maizzle and its Node, installed by name where they are missing."""
    folder = _CACHE / f"maizzle-{MAIZZLE}-node-{NODE}"
    modules = folder / "node_modules"
    if (modules / "node" / "bin" / "node").is_file() and (modules / "@maizzle" / "framework").is_dir():
        return modules
    npm = shutil.which("npm")
    if not npm:
        print("Maizzle is left out: npm is missing. To get it: sudo apt-get install npm")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"@maizzle/framework@{MAIZZLE}", f"node@{NODE}"]
    install = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", *names]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"Maizzle is left out: it could not be installed. {done.stderr.strip()[-300:]}")
    return None if done.returncode else modules


@contextlib.contextmanager
def served(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Runs a server in a folder until the end of the block."""
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None:
                    break
                time.sleep(0.1)
            if process.poll() is not None:
                output.seek(0)
                raise SystemExit(f"{command[0]} did not start. {output.read().decode(errors='replace').strip()[-600:]}")
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def opened(browser: Browser, url: str, frames: str, count: int, asks: tuple[str, ...]) -> Shown:
    """The page, once its mails are there and it is quiet; the stream of events that never ends does not count."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    running: list[str] = []

    def ended(address: str) -> None:
        with contextlib.suppress(ValueError):
            running.remove(address)

    page.on("request", lambda request: None if request.url.endswith("/events") else running.append(request.url))
    page.on("requestfinished", lambda request: ended(request.url))
    page.on("requestfailed", lambda request: ended(request.url))
    page.goto(url)
    there = "([frames, count]) => [...document.querySelectorAll(frames)].filter((one) => one.checkVisibility() && "
    there += "one.contentDocument?.body?.textContent.length > 5000).length === count"
    page.wait_for_function(there, arg=[frames, count], timeout=60_000)
    shown = Shown(page, frames, count, asks, running)
    shown.wait_until_quiet()
    return shown


def free_port() -> int:
    """A port of this computer that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
