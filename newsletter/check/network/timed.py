"""A connection that ends at its deadline, however slowly the other side talks."""

from __future__ import annotations

import io
import socket
import ssl
import time


class Timed:
    """A socket that is read and written until a moment (monotonic), with what http.client asks of a socket.

    Everything raises OSError, and TimeoutError once the moment has passed.

    A socket's own timeout begins anew with each byte, so a server that sends one now and then would hold us forever.
    """

    def __init__(self, address: str, port: int, deadline: float) -> None:
        """Connects."""
        self._deadline = deadline
        self._socket = socket.create_connection((address, port), timeout=self._left())

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from here on, for this name; raises ssl.SSLError too, which is an OSError."""
        self._socket.settimeout(self._left())
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def sendall(self, data: bytes) -> None:
        """Writes all of it."""
        self._socket.settimeout(self._left())
        self._socket.sendall(data)

    def receive_into(self, buffer: memoryview) -> int:
        """Reads what has come, at least a byte; 0 at the end."""
        self._socket.settimeout(self._left())
        return self._socket.recv_into(buffer)

    def makefile(self, mode: str = "rb") -> io.BufferedReader:
        """The same as a file to read from."""
        assert mode == "rb"
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Nothing: http.client closes as soon as it has the head of an answer, and reads the body after that."""

    def hang_up(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Reading(io.RawIOBase):
    """A connection as io.BufferedReader reads one."""

    def __init__(self, line: Timed) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io hands in nothing else
        return self._line.receive_into(buffer)
