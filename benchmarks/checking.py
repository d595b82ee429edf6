"""How long `check` takes for the sample and for a long list, and how much memory: `python benchmarks/checking.py`.

Every check is a process of its own, as people start it. Beside the sample stands a Python that does nothing, beside the list
of 100,000 people one pass of a bare `csv.reader` over the same file. The bars: the sample at most 0.6 s (median of ten), the
list at most 5 s (median of three) and at most 100 MB. It ends with exit code 1 where one is missed.
"""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ISSUE = "back-muscle-spasms"
PEOPLE = 100_000
SAMPLE, LIST, MEMORY = 0.6, 5.0, 100.0
NEWSLETTER = [sys.executable, "-m", "newsletter"]
NAMES = ("Anna", "Ben", "Cara", "Dan", "José", "Maria Luisa", "O'Neil", "Zoë")
DOMAINS = ("gmail.com", "gmail.com", "yahoo.com", "gmail.com", "icloud.com", "hotmail.com", "comcast.net")
TAGS = ("patient", "patient;seniors", "", "desk-work")


def write_list(path: Path) -> None:
    """A list as a practice system exports it."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "first_name", "last_name", "tags", "consent_source", "consent_date", "status"])
        for number in range(PEOPLE):
            domain = DOMAINS[number % 7] if number % 4 else f"firm{number % 500}.example"
            person = [f"person.{number * 7919 % PEOPLE}@{domain}", NAMES[number % 8], "Reyes", TAGS[number % 4]]
            writer.writerow([*person, "front desk form", "2026-03-14", "active"])


def measured(command: list[str], runs: int) -> tuple[float, float]:
    """The median wall time in seconds, after one run that is not counted, and the most memory in MB."""
    times, peak = [], 0.0
    for _ in range(runs + 1):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = max(peak, usage.ru_maxrss / 1024)
        if process.returncode not in (0, 1):  # 1: the check found an error
            sys.exit(f"{' '.join(command)} ended with the code {process.returncode}")
    return statistics.median(times[1:]), peak


def bare_pass(path: Path) -> float:
    """The best of some passes of a `csv.reader` that does nothing with its rows."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        with path.open(newline="", encoding="utf-8") as stream:
            for _row in csv.reader(stream):
                pass
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    """Prints a row for each measure and its bar; 1 where a bar is missed."""
    with tempfile.TemporaryDirectory() as folder:
        practice, people = Path(folder) / "practice", Path(folder) / "people.csv"
        subprocess.run([*NEWSLETTER, "init", str(practice)], check=True, capture_output=True)
        write_list(people)
        check = [*NEWSLETTER, "-C", str(practice), "check", ISSUE]
        nothing, _ = measured([sys.executable, "-c", "pass"], 10)
        sample, _ = measured(check, 10)
        bare = bare_pass(people)
        long, memory = measured([*check, "--to", str(people)], 3)
    rows: list[tuple[str, float, str, float | None]] = [
        ("python -c pass", nothing, "s", None),
        ("check of the sample", sample, "s", SAMPLE),
        (f"csv.reader, {PEOPLE:,} rows", bare, "s", None),
        (f"check, {PEOPLE:,} rows", long, "s", LIST),
        (f"check, {PEOPLE:,} rows", memory, "MB", MEMORY),
    ]
    for name, figure, unit, bar in rows:
        verdict = "" if bar is None else f"  (bar {bar:g} {unit}: {'held' if figure <= bar else 'MISSED'})"
        print(f"{name:<26} {figure:8.2f} {unit}{verdict}")
    return int(any(bar is not None and figure > bar for _, figure, _, bar in rows))


if __name__ == "__main__":
    sys.exit(main())
