"""How fast a mailing goes out, and in how little memory, beside others who send: `python benchmarks/sending.py`.

Everything runs on this computer, over loopback, into Postfix's `smtp-sink`; each program is timed from start to exit.
`burst`: 20,000 people, 25 kB a mail, 16 connections. The others send the same mail; slow ones send fewer, and the rates are
compared. smtp-source writes the same bytes again and again and keeps no record; by default it connects for each message.
Bars: at least as fast as smtp-source by default, 8 times as fast as nodemailer's pool. The programs take turns for a few
rounds; "ours / theirs" is the median of what each round gave.
`far`: the same command through a line of 40 ms a round trip (delayed_line.py), 8 connections. A message needs two round trips,
so nobody can send more than 8 / 80 ms = 100 a second; bar: 0.9 of it, start and end of the program included.
`memory`: the first 200 mails of a list of 10,000 and of 1,000,000 people. Bars: less than 120 MB, and less than 15 MB between
them. It takes minutes, so it runs only with `--only memory`; `--only` can be given more than once.

Needs Linux and Debian's `postfix` package (its tools, no running Postfix). nodemailer and mailmerge are installed by name into
the user's cache folder when they are missing there; without node, that row is left out.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # PYTHONSAFEPATH, which make sets, leaves it out

from contestants import NODEMAILER, OURS, SOURCE, Contestant, contestants
from practice_to_send import ISSUE, NEWSLETTER, PracticeToSend
from servers import Timed, far_line, round_trips, sink, timed

SIZE = 25_000
CONNECTIONS, FAR_CONNECTIONS = 16, 8
DELAY, TOLERANCE = 0.020, 0.0015  # seconds: of one way, and of the measured round trip
ROUND_TRIPS_A_MAIL = 2  # MAIL, RCPT and DATA together; then the body with its dot
FAR_BAR = 0.9
BARS = {SOURCE: 1.0, NODEMAILER: 8.0}
ROWS, MOST_MEGABYTES, MOST_GROWTH, MEMORY_MAILS = (10_000, 1_000_000), 120.0, 15.0, 200
SAMPLE = 16


def main() -> None:
    """Runs what is asked for, then names the bars that were missed, if any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--people", type=int, default=20_000, help="of the burst (default: 20,000)")
    parser.add_argument("--far-people", type=int, default=3_000, help="behind the far line (default: 3,000)")
    parser.add_argument("--rounds", type=int, default=3, help="of the burst (default: 3)")
    parser.add_argument("--only", choices=("burst", "far", "memory"), action="append", help="default: burst and far")
    asked = parser.parse_args()
    wanted = asked.only or ["burst", "far"]
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders do not stay behind
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sending-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")  # as installed programs are, also in a source tree
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        practice = PracticeToSend(Path(folder) / "practice")
        practice.write_list(max(SAMPLE, asked.people))
        practice.write_issue(SIZE)
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors, load {load:.1f} before; a synced write takes {_synced_write(Path(folder)):.1f} ms.")
        print(f"A mail has {practice.size:,} bytes.")
        if "burst" in wanted:
            missed += burst(practice, asked.people, asked.rounds)
        if "far" in wanted:
            missed += far(practice, asked.far_people)
        if "memory" in wanted:
            missed += memory(practice)
    if missed:
        raise SystemExit("MISSED: " + "; ".join(missed))


def burst(practice: PracticeToSend, people: int, rounds: int) -> list[str]:
    """Lets everybody send in turns and prints the table; gives the bars that were missed."""
    print(f"\nburst: {people:,} people, {CONNECTIONS} connections, {rounds} rounds")
    runners = [(one, size) for one in contestants(practice, people, CONNECTIONS) if (size := _sample(one))]
    runs: dict[str, list[Timed]] = {one.name: [] for one, _ in runners}
    for number in range(rounds):
        for one, _ in runners if number % 2 == 0 else reversed(runners):
            runs[one.name].append(_run(one.name, one.messages, one.command, one.environment))
    row = "{:<22} {:>8} {:>8} {:>9} {:>8} {:>8} {:>11} {:>8} {:>13}"
    print(row.format("", "messages", "bytes", "seconds", "best", "cpu", "messages/s", "best", "ours / theirs"))
    ratios = {}
    for one, size in runners:
        times = [run.seconds for run in runs[one.name]]
        middle, best, cpu = statistics.median(times), min(times), statistics.median(run.cpu for run in runs[one.name])
        ratios[one.name] = statistics.median(
            (people / ours.seconds) / (one.messages / theirs.seconds)
            for ours, theirs in zip(runs[OURS], runs[one.name], strict=True)
        )
        figures = [f"{middle:.2f}", f"{best:.2f}", f"{cpu:.2f}", f"{one.messages / middle:,.0f}", f"{one.messages / best:,.0f}"]
        against = "" if one.name == OURS else f"{ratios[one.name]:.2f}"
        print(row.format(one.name, f"{one.messages:,}", f"{size:,}", *figures, against))
    bars = [(name, bar) for name, bar in BARS.items() if name in ratios]
    return [miss for name, bar in bars for miss in _bar(f"ours / {name}", ratios[name], bar, ratios[name] >= bar, "at least")]


def far(practice: PracticeToSend, people: int) -> list[str]:
    """Sends over a slow line and holds the rate against what round trips allow."""
    print(f"\nfar: {people:,} people, {FAR_CONNECTIONS} connections, {DELAY * 2000:.0f} ms a round trip")
    trip = statistics.median(round_trips(DELAY))
    print(f"A small message takes {trip * 1000:.2f} ms there and back.")
    if abs(trip - 2 * DELAY) > TOLERANCE:
        raise SystemExit("The far line is not what it should be; is this computer busy with something else?")
    practice.write_list(people)
    with sink() as server:
        practice.forget()
        with far_line(server.port, DELAY) as line:
            practice.serve_at(line.port, FAR_CONNECTIONS)
            done = timed([*NEWSLETTER, "-C", str(practice.folder), "send", ISSUE, "--yes"])
        _all_taken(OURS, people, server.took(people), done, (0,))
    ideal = FAR_CONNECTIONS / (ROUND_TRIPS_A_MAIL * 2 * DELAY)
    whole, sending = people / done.seconds, people / line.seconds
    print(f"whole process     {done.seconds:6.2f} s  {whole:6.1f} messages/s  {whole / ideal:.3f} of the ideal {ideal:.0f}")
    print(f"sending alone     {line.seconds:6.2f} s  {sending:6.1f} messages/s  {sending / ideal:.3f}")
    print(f"{line.connections} connections; what passed the line left {line.late * 1000:.2f} ms late on average.")
    return _bar("far, of the ideal", whole / ideal, FAR_BAR, whole / ideal >= FAR_BAR, "at least")


def memory(practice: PracticeToSend) -> list[str]:
    """The most memory that the first mails of a short and of a long list take."""
    print(f"\nmemory: the first {MEMORY_MAILS} mails")
    peaks = []
    for rows in ROWS:
        practice.write_list(rows)

        def command(port: int, messages: int) -> list[str]:
            practice.forget()
            practice.serve_at(port, CONNECTIONS)
            return [*NEWSLETTER, "-C", str(practice.folder), "send", ISSUE, "--yes", "--limit", str(messages)]

        done = _run(OURS, MEMORY_MAILS, command, codes=(0, 1))  # 1: somebody is left waiting
        peaks.append(done.megabytes)
        print(f"{rows:>9,} rows  {done.megabytes:6.1f} MB  {done.seconds:6.1f} s")
    most, growth = max(peaks), peaks[-1] - peaks[0]
    return [
        *_bar("memory, MB", most, MOST_MEGABYTES, most < MOST_MEGABYTES, "less than"),
        *_bar("growth, MB", growth, MOST_GROWTH, growth < MOST_GROWTH, "less than"),
    ]


def _sample(one: Contestant) -> int:
    """Lets a contestant send a few messages to be looked at; gives their mean size, or 0 where that failed."""
    with sink(keeping=True) as server:
        done = timed(one.command(server.port, SAMPLE), one.environment)
        server.took(SAMPLE)
        messages = server.messages()
    different = len({message.partition(b"\n\n")[2] for message in messages})
    if len(messages) != SAMPLE or (one.personal and different != SAMPLE):
        wrong = f"{len(messages)} of {SAMPLE} messages came, {different} of them different. {done.output.strip()[-600:]}"
        if one.name in {OURS, SOURCE}:
            raise SystemExit(f"{one.name}: {wrong}")
        print(f"{one.name} is left out: {wrong}")
        return 0
    return sum(len(message) + message.count(b"\n") for message in messages) // SAMPLE


def _run(
    name: str,
    messages: int,
    command: Callable[[int, int], list[str]],
    environment: Mapping[str, str] | None = None,
    codes: tuple[int, ...] = (0,),
) -> Timed:
    """One timed run into a fresh server; ends the benchmark when not every message arrived."""
    with sink() as server:
        done = timed(command(server.port, messages), environment, patience=3600.0)
        _all_taken(name, messages, server.took(messages), done, codes)
    return done


def _all_taken(name: str, messages: int, taken: int, done: Timed, codes: tuple[int, ...]) -> None:
    if taken != messages or done.code not in codes:
        ending = done.output.strip()[-1000:]
        raise SystemExit(f"{name}: the server took {taken:,} of {messages:,} messages; exit code {done.code}.\n{ending}")


def _bar(name: str, value: float, bar: float, held: bool, words: str) -> list[str]:
    """Prints a bar and whether it was held; gives it when it was missed."""
    print(f"bar: {name} {words} {bar:g}: {value:.2f}, {'held' if held else 'MISSED'}")
    return [] if held else [f"{name} is {value:.2f}, not {words} {bar:g}"]


def _synced_write(folder: Path) -> float:
    """Milliseconds a small write takes until the disk has it (median)."""
    times = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(30):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
