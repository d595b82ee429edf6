"""How long a plan of a long list takes, and how much memory: `python benchmarks/planning.py`.

A list of a million rows is made, once plain and once with every cell in quotes, and planned into a new ledger and then once
more, as when a send goes on; a bare `csv.reader` over the same file is the measure. Each plan runs in a process of its own.
The bars: a plan at most 8 times the bare pass, a second plan at most 10 times; at most 120 MB, and less than 15 MB more than
for 10,000 rows. It ends with exit code 1 where one is missed.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3  # the best of them counts, on both sides
FEW, MANY = 10_000, 1_000_000
NAMES = ("Anna", "Ben", "Cara", "Dan", "José", "Maria Luisa", "O'Neil", "")
TAGS = ("patient", "patient;seniors", "", "vip;patient")
PLAN, REPLAN, MEMORY, GROWTH = 8.0, 10.0, 120.0, 15.0


def write_list(path: Path, rows: int, *, quoted: bool) -> None:
    """A list as a practice system exports it."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
        writer.writerow(["email", "first_name", "last_name", "tags", "status"])
        for number in range(rows):
            address = f"person{number * 7919 % rows}@mail{number % 500}.example"
            writer.writerow([address, NAMES[number % 8], "Reyes", TAGS[number % 4], "active"])


def bare_seconds(path: Path) -> float:
    """The best of some passes of a `csv.reader` that does nothing with its rows."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        with path.open(newline="", encoding="utf-8") as stream:
            for _row in csv.reader(stream):
                pass
        best = min(best, time.perf_counter() - start)
    return best


def measure(practice: Path, path: Path) -> None:
    """What one process does: a plan and a second one; prints seconds, people and the peak of its memory as JSON."""
    import resource

    from newsletter.compose.mail import Mail
    from newsletter.ledger.ledger import Ledger
    from newsletter.read.issue import read_issue
    from newsletter.read.practice import read_practice
    from newsletter.read.subscribers import SubscriberList
    from newsletter.send.plan import Planner

    issue = read_issue(practice / "issues" / "back-muscle-spasms.yaml", practice, frozenset(["email", "first_name", "last_name"]))
    mail = Mail.of(read_practice(practice), issue)
    mail.content_hash  # noqa: B018  # rendering is no part of planning
    ledger = Ledger.open(path.with_suffix(".sqlite"))
    seconds, people = [], []
    for _ in range(2):
        start = time.perf_counter()
        with ledger.transaction():
            people.append(Planner(mail, SubscriberList(path)).plan(ledger, time.time()).to_send)
        seconds.append(time.perf_counter() - start)
    ledger.close()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, KiB elsewhere
    print(json.dumps([seconds, people, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit]))


def run(practice: Path, path: Path, rows: int) -> tuple[float, float, float]:
    """The best seconds of a plan and of a second one, and the highest peak of memory in MB, of processes of their own."""
    command = [sys.executable, __file__, str(practice), str(path)]
    found = []
    for _ in range(RUNS):
        seconds, people, memory = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert people == [rows, rows], "somebody is missing"
        path.with_suffix(".sqlite").unlink()
        found.append((*seconds, memory))
    first, second, memories = zip(*found, strict=True)
    return min(first), min(second), max(memories)


def main() -> None:
    """Prints a row a figure, with its bar."""
    missed = False

    def show(name: str, figure: float, unit: str, bar: float) -> None:
        nonlocal missed
        missed |= figure > bar
        print(f"{name:<44} {figure:6.1f} {unit:<2}  (bar {bar:g} {unit}: {'held' if figure <= bar else 'MISSED'})")

    with tempfile.TemporaryDirectory() as folder:
        practice, path = Path(folder) / "practice", Path(folder) / "list.csv"
        subprocess.run([sys.executable, "-m", "newsletter", "init", str(practice)], check=True, capture_output=True)
        write_list(path, FEW, quoted=False)
        *_, little = run(practice, path, FEW)
        for quoted in (False, True):
            write_list(path, MANY, quoted=quoted)
            bare = bare_seconds(path)
            first, second, memory = run(practice, path, MANY)
            bare = min(bare, bare_seconds(path))
            kind = "all cells quoted" if quoted else "plain"
            print(f"{MANY:,} rows, {kind}: csv.reader {bare:.2f} s, plan {first:.2f} s, second plan {second:.2f} s")
            show("plan / csv.reader", first / bare, "x", PLAN)
            show("second plan / csv.reader", second / bare, "x", REPLAN)
            show("memory", memory, "MB", MEMORY)
            show(f"more than for {FEW:,} rows", memory - little, "MB", GROWTH)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
