"""`--at`: a start at a stated time of the practice's zone, refused rather than made up for when it was missed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from newsletter.cli.terminal import moment
from newsletter.errors import StartMissed

GRACE = 30 * 60.0  # seconds that a start may be late
_NAP = 30.0  # seconds after which the clock is looked at again: a computer may have slept
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def start_time(text: str, zone: str) -> float:
    """`2026-12-01 09:00` in a time zone as seconds since 1970; raises BadParameter, or StartMissed where it is over."""
    for form in _FORMS:
        try:
            at = datetime.strptime(text.strip(), form).replace(tzinfo=ZoneInfo(zone)).timestamp()
        except ValueError:
            continue
        refuse_late_start(at, zone)
        return at
    raise click.BadParameter(f'"{text}" is no time. Write it like "2026-12-01 09:00".', param_hint="--at")


def wait_until(at: float, zone: str, sleep: Callable[[float], None], stop_asked: Callable[[], bool]) -> bool:
    """Waits for the start; False where somebody asked to stop. Raises StartMissed where the computer slept through it."""
    while not stop_asked() and (left := at - time.time()) > 0:
        sleep(min(left, _NAP))
    if stop_asked():
        return False
    refuse_late_start(at, zone)
    return True


def refuse_late_start(at: float, zone: str) -> None:
    """Raises StartMissed more than the grace after a start: news that comes at the wrong time is worse than none."""
    if time.time() > at + GRACE:
        raise StartMissed(
            f"The start at {moment(at, zone)} was missed by more than {GRACE / 60:.0f} minutes, so nothing was sent.",
            "Give another time with --at, or leave it out to send now.",
        )
