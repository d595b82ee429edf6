"""A connection as tests like to have it: each step driven to its end before the next line."""

from __future__ import annotations

from newsletter.send.account import Account
from newsletter.send.connection import Connection, Letter
from newsletter.send.replies import Reply
from newsletter.send.wire import alone


class Talking:
    """The product's connection, with nobody else to wait for."""

    def __init__(self, account: Account) -> None:
        self.connection = Connection(account)

    def open(self) -> None:
        """Up to the login."""
        alone(self.connection.open())

    def offer(self, sender: str, recipient: str, content: bytes, message_id: str = "a@riverbend.example") -> None:
        """Up to the dot."""
        alone(self.connection.offer(Letter(sender, recipient, content, message_id)))

    def finish(self) -> Reply:
        """The dot."""
        return alone(self.connection.finish())

    def close(self) -> None:
        """Goodbye."""
        alone(self.connection.close())

    def abort(self) -> None:
        """The line is cut."""
        self.connection.abort()

    @property
    def worn(self) -> bool:
        """Whether it wants to be replaced."""
        return self.connection.worn
