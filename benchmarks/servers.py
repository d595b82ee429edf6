"""What the benchmark starts and stops: the mail server, the far line to it, and the programs it times."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POSTFIX = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"
_BACKLOG = "256"


@dataclass(frozen=True, slots=True)
class Timed:
    """A finished program: wall and processor seconds, the most memory it had in MB, exit code, and what it printed."""

    seconds: float
    cpu: float
    megabytes: float
    code: int
    output: str


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None, patience: float = 1200.0) -> Timed:
    """Runs a program from start to exit; it is killed when it takes longer than `patience` seconds."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
        alarm = threading.Timer(patience, process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            alarm.cancel()
            if process.returncode is None:
                process.kill()
                process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace")
    return Timed(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, said)


def postfix_tool(name: str) -> str:
    """The path of smtp-sink or smtp-source; ends the benchmark when it is missing."""
    if found := shutil.which(name, path=_POSTFIX):
        return found
    raise SystemExit(f"{name} is missing; it comes with Postfix. To get it: sudo apt-get install --no-install-recommends postfix")


@dataclass(frozen=True, slots=True)
class Sink:
    """A running smtp-sink: its port, the file it counts in and the folder it keeps messages in, if it does."""

    port: int
    counters: Path
    kept: Path

    def took(self, expected: int) -> int:
        """How many messages it has taken; waits a moment for the last ones to be counted."""
        for _ in range(40):
            counts = re.findall(rb"mesg=(\d+)", self.counters.read_bytes()[-200:])
            if counts and int(counts[-1]) >= expected:
                break
            time.sleep(0.05)
        return int(counts[-1]) if counts else 0

    def messages(self) -> list[bytes]:
        """The messages it kept, without the header lines it wrote before them; lines end with LF."""
        texts = (file.read_bytes() for file in self.kept.iterdir())
        return [text[text.index(b"\nReceived: ") + 1 :].split(b"\n", 3)[3] for text in texts]


@contextlib.contextmanager
def sink(*, keeping: bool = False) -> Iterator[Sink]:
    """Postfix's smtp-sink on a free port: it offers PIPELINING, counts, and throws away what it gets (or keeps it)."""
    with tempfile.TemporaryDirectory(prefix="sink-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # it changes to `nobody` when it is started by root
        kept = folder / "kept"
        kept.mkdir()
        kept.chmod(0o777)
        port = _free_port()
        command = [postfix_tool("smtp-sink"), "-c", *(["-u", "nobody"] if os.geteuid() == 0 else [])]
        command += [*(["-d", f"{kept}/"] if keeping else []), f"127.0.0.1:{port}", _BACKLOG]
        with (folder / "counters").open("wb") as counters, _running(command, stdout=counters):
            _wait_for(port)
            yield Sink(port, folder / "counters", kept)


class FarLine:
    """A running delayed_line.py: its port, and after the end what it saw."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0
        self.seconds = self.late = 0.0


@contextlib.contextmanager
def far_line(port: int, delay: float) -> Iterator[FarLine]:
    """A line to a port of this computer on which every byte takes `delay` seconds, in both directions."""
    command = [sys.executable, str(Path(__file__).with_name("delayed_line.py")), str(port), str(delay)]
    with _running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        line = FarLine(int(process.stdout.readline()))
        yield line
        process.stdin.close()
        seen = json.loads(process.stdout.readline())
        line.connections, line.seconds, line.late = seen["connections"], seen["seconds"], seen["late"]


def round_trips(delay: float, times: int = 25) -> list[float]:
    """Seconds that small messages take through a far line and back, one after the other; the first is not counted."""
    with socket.create_server(("127.0.0.1", 0)) as echo:
        threading.Thread(target=_echo, args=(echo,), daemon=True).start()
        with far_line(echo.getsockname()[1], delay) as line, socket.create_connection(("127.0.0.1", line.port), 10) as here:
            here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            took = []
            for _ in range(times + 1):
                start = time.perf_counter()
                here.sendall(b"NOOP\r\n")
                here.recv(100)
                took.append(time.perf_counter() - start)
    return took[1:]


def _echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while chunk := connection.recv(100):
            connection.sendall(chunk)


@contextlib.contextmanager
def _running(command: list[str], stdin: int | None = None, stdout: object = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout, bufsize=0)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"The mail server on port {port} did not start.")
