"""Many conversations in one thread: each goes on when its socket is ready, its pause is over, or its wish is granted."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from newsletter.send.wire import Wants

Work = Generator[Any, Any, None]
"""A conversation among others: it yields Wants, a Pause, or a wish that whoever runs the loop knows to grant."""


@dataclass(frozen=True, slots=True)
class Pause:
    """To go on after so many seconds."""

    seconds: float


class Task:
    """One conversation and what it waits for: a wire, a time, or (neither) a wish."""

    __slots__ = ("events", "wake_at", "wants", "watched", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.wants: Wants | None = None
        self.wake_at: float | None = None
        self.watched = -1  # the file descriptor that the selector watches for it
        self.events = 0


class Loop:
    """Runs tasks until there are none; `wishes` are those with their tasks that wait to be granted by `resume`."""

    def __init__(self, ticks: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.tasks: set[Task] = set()
        self.wishes: list[tuple[Task, Any]] = []
        self._ticks = ticks
        self._sleep = sleep
        self._selector = selectors.DefaultSelector()
        self._looked = 0.0

    def start(self, work: Work) -> Task:
        """Begins a conversation."""
        task = Task(work)
        self.tasks.add(task)
        self.resume(task)
        return task

    def resume(self, task: Task, value: Any = None) -> None:
        """Lets a task go on with the answer to its wish."""
        self._go_on(task, task.work.send, value)

    def throw(self, task: Task, error: Exception) -> None:
        """Lets a task go on with an error; what it had wished for is forgotten."""
        self.wishes = [(other, wish) for other, wish in self.wishes if other is not task]
        self._go_on(task, task.work.throw, error)

    @property
    def only_pauses(self) -> bool:
        """Whether everybody sleeps."""
        return not self.wishes and all(task.wake_at is not None for task in self.tasks)

    def turn(self, patience: float) -> bool:
        """Waits for at most so many seconds and lets everybody go on who can; whether anybody could."""
        pauses = [task.wake_at for task in self.tasks if task.wake_at is not None]
        pause = max(0.0, min(pauses) - self._ticks()) if pauses else patience
        moved = False
        if self.only_pauses:
            self._sleep(pause)
        else:
            for key, _ in self._selector.select(min(patience, pause)):
                task = key.data
                if task.wants:
                    moved = True
                    self.resume(task)
                else:
                    self._unwatch(task)  # its socket has something to say while it waits for something else
        for task in list(self.tasks) if pauses else ():
            if task.wake_at is not None and task.wake_at <= self._ticks():
                moved = True
                self.resume(task)
        self._look_for_the_late()
        return moved

    def close(self) -> None:
        """Ends every conversation where it stands."""
        for task in list(self.tasks):
            task.work.close()
        self.tasks.clear()
        self._selector.close()

    def _go_on(self, task: Task, step: Callable[[Any], Any], value: Any) -> None:
        task.wants, task.wake_at = None, None
        try:
            wish = step(value)
        except StopIteration:
            self.tasks.discard(task)
            self._unwatch(task)
        except BaseException:
            self.tasks.discard(task)
            self._unwatch(task)
            raise
        else:
            if isinstance(wish, Wants):
                task.wants = wish
                self._watch(task, wish)
            elif isinstance(wish, Pause):
                task.wake_at = self._ticks() + wish.seconds
            else:
                self.wishes.append((task, wish))

    def _watch(self, task: Task, wants: Wants) -> None:
        descriptor = wants.wire.fileno()
        if task.watched == descriptor:
            if task.events != wants.event:
                self._selector.modify(descriptor, wants.event, task)
        else:
            self._unwatch(task)
            self._selector.register(descriptor, wants.event, task)
            wants.wire.forget = lambda _: self._unwatch(task)
        task.watched, task.events = descriptor, wants.event

    def _unwatch(self, task: Task) -> None:
        if task.watched >= 0:
            self._selector.unregister(task.watched)
            task.watched = -1

    def _look_for_the_late(self) -> None:
        """Who waited for a wire past its deadline goes on with a TimeoutError; ten times a second is often enough."""
        now = time.monotonic()
        if now - self._looked >= 0.1:
            self._looked = now
            for task in list(self.tasks):
                if task.wants and task.wants.deadline <= now:
                    self.throw(task, TimeoutError())
