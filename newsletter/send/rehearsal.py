"""A real SMTP server on loopback that keeps every mail as a file: the whole mailing, with no way to reach anybody."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from newsletter.errors import CannotWrite
from newsletter.send.account import Account

_LARGEST_MAIL = 50_000_000
_SENT_BY_US = re.compile(r"\d{4,}-.*\.eml")


class Keeper:
    """Writes each accepted mail to its own file, numbered in the order of arrival, exactly as it came over the wire."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept = 0

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Keeps a mail and says yes, or says why it could not."""
        name = "-".join(_for_a_file_name(address) for address in envelope.rcpt_tos)
        try:
            (self.folder / f"{self.kept + 1:04d}-{name}.eml").write_bytes(envelope.content)
        except OSError as error:
            return f"452 4.3.1 cannot be kept: {error.strerror}"
        self.kept += 1
        return "250 2.0.0 kept"


@contextlib.contextmanager
def rehearsal_server(folder: Path) -> Iterator[tuple[Account, Keeper]]:
    """Runs the server while inside; mails of an earlier rehearsal in `folder` are deleted first."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if _SENT_BY_US.fullmatch(old.name):
                old.unlink()
    except OSError as error:
        raise CannotWrite(
            f"{folder} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    keeper = Keeper(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="rehearsal-server", daemon=True)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(_listen(keeper), loop).result()
        host, port = server.sockets[0].getsockname()[:2]
        try:
            yield Account(host, port, "none"), keeper
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(keeper: Keeper) -> asyncio.Server:
    def protocol() -> SMTP:
        return SMTP(keeper, data_size_limit=_LARGEST_MAIL, ident="newsletter rehearsal", hostname="localhost")

    return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)


async def _close(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0)


def _for_a_file_name(address: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", address.replace("@", "-at-"))[:120]
