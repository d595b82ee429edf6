"""How long the commands take that people wait for: `python benchmarks/startup.py`.

Each command runs ten times as a process of its own; an empty Python and a program that only imports Click stand beside
them. The bars: `--help` at most 0.12 s, `build` of the sample at most 0.5 s, `check` at most 0.6 s (medians).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 10
NEWSLETTER = [sys.executable, "-m", "newsletter"]


def median(command: list[str]) -> float:
    """The median wall time of a command in seconds, after one run that is not counted."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Prints a row a command: median and bar."""
    with tempfile.TemporaryDirectory() as folder:
        practice = str(Path(folder) / "practice")
        subprocess.run([*NEWSLETTER, "init", practice], check=True, capture_output=True)
        rows: list[tuple[str, list[str], float | None]] = [
            ("python (nothing)", [sys.executable, "-c", ""], None),
            ("python, import click", [sys.executable, "-c", "import click"], None),
            ("newsletter --help", [*NEWSLETTER, "--help"], 0.12),
            ("newsletter build", [*NEWSLETTER, "-C", practice, "build", "back-muscle-spasms"], 0.5),
            ("newsletter check", [*NEWSLETTER, "-C", practice, "check", "back-muscle-spasms"], 0.6),
        ]
        for name, command, bar in rows:
            seconds = median(command)
            verdict = "" if bar is None else f"  (bar {bar:.2f} s: {'held' if seconds <= bar else 'MISSED'})"
            print(f"{name:<22} {seconds * 1000:7.0f} ms{verdict}")


if __name__ == "__main__":
    main()
