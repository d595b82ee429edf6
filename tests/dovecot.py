"""A real Dovecot on loopback, as the present user: IMAPS and STARTTLS, any user name with one password, Maildirs to fill."""

from __future__ import annotations

import grp
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from certificates import Certificates

PASSWORD = "correct-horse"
_PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_DELIVERED = itertools.count(1)
_CONFIGURATION = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
{users}
passdb {{
    driver = static
    args = password={password}
}}
userdb {{
    driver = static
    args = uid={uid} gid={gid} home={base}/mail/%u
}}
namespace inbox {{
    inbox = yes
    mailbox Sent {{
        special_use = \\Sent
    }}
    mailbox Junk {{
        special_use = \\Junk
    }}
}}
service anvil {{
    chroot =
    unix_listener anvil-auth-penalty {{
        mode = 0
    }}
}}
service stats {{
    chroot =
}}
service imap-login {{
    chroot =
    inet_listener imaps {{
        port = {imaps}
        ssl = yes
    }}
    inet_listener imap {{
        port = {imap}
    }}
}}
"""


@dataclass(frozen=True)
class Letterbox:
    """One user's mails, each a file; folders are INBOX and those that were made."""

    server: Dovecot
    user: str

    def deliver(self, *contents: bytes, folder: str = "INBOX", at: float | None = None) -> list[Path]:
        """Puts mails in, unread, as having arrived at a time (seconds since 1970); their files."""
        return [self._deliver(content, folder, at) for content in contents]

    def files(self, folder: str = "INBOX") -> dict[str, bytes]:
        """Every mail by its file's name, which holds its flags behind `:2,`."""
        return {path.name: path.read_bytes() for path in sorted(self._maildir(folder).glob("[cn]*/*")) if path.is_file()}

    def renumber(self, folder: str = "INBOX") -> None:
        """Every mail gets another UID, and the folder another UIDVALIDITY, as after a mailbox was moved to another server."""
        maildir = self._maildir(folder)
        for path in (maildir / "dovecot-uidlist", *maildir.glob("dovecot.*")):  # but not the UIDVALIDITY given out last
            path.unlink()

    def _deliver(self, content: bytes, folder: str, at: float | None) -> Path:
        maildir = self._maildir(folder)
        for name in ("cur", "new", "tmp"):
            self.server.own(maildir / name)
        number = next(_DELIVERED)
        path = maildir / "cur" / f"{number:010}.M{number}.test:2,"
        path.write_bytes(content)
        os.chown(path, *self.server.mail_owner)
        if at is not None:
            os.utime(path, (at, at))
        return path

    def _maildir(self, folder: str) -> Path:
        home = self.server.base / "mail" / self.user / "Maildir"
        return home if folder == "INBOX" else home / f".{folder}"


@dataclass(frozen=True)
class Dovecot:
    """A running server: its folder, its ports, and to whom the files of mails belong."""

    base: Path
    imaps: int
    imap: int
    mail_owner: tuple[int, int]
    _users: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def letterbox(self) -> Letterbox:
        """An empty mailbox of a new user."""
        made = Letterbox(self, f"desk{next(self._users)}@riverbend.example")
        made.deliver()
        self.own(made._maildir("INBOX") / "cur")
        return made

    def own(self, folder: Path) -> None:
        """Makes a folder, and what is missing above it, that the server may write to."""
        if not folder.is_dir():
            self.own(folder.parent)
            folder.mkdir()
            os.chown(folder, *self.mail_owner)


@contextmanager
def running(certificates: Certificates) -> Iterator[Dovecot]:
    """Dovecot with the valid certificate, ended when the tests are; where it is not installed they are skipped, but not in CI."""
    if not _PROGRAM:
        if os.environ.get("CI"):
            pytest.fail("Dovecot is missing: apt-get install dovecot-imapd")
        pytest.skip("needs Dovecot: apt-get install dovecot-imapd")
    base = Path(tempfile.mkdtemp(prefix="dovecot-"))  # sockets want short paths, and mails may belong to another user
    base.chmod(0o755)
    nobody = pwd.getpwnam("nobody")  # Dovecot gives no mail to root
    uid, gid = (nobody.pw_uid, nobody.pw_gid) if os.getuid() == 0 else (os.getuid(), os.getgid())
    server = Dovecot(base, _free_port(), _free_port(), (uid, gid))
    server.own(base / "mail")
    (base / "dovecot.conf").write_text(_configuration(server, certificates), encoding="utf-8")
    process = subprocess.Popen([_PROGRAM, "-F", "-c", str(base / "dovecot.conf")], stderr=subprocess.PIPE, text=True)
    try:
        _wait(process, server.imaps)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(base, ignore_errors=True)


def _configuration(server: Dovecot, certificates: Certificates) -> str:
    certificates.context("valid")
    uid, gid = server.mail_owner
    me, mine = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    own = f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {mine}\n"
    return _CONFIGURATION.format(
        base=server.base,
        certificate=certificates.folder / "valid.pem",
        key=certificates.folder / "valid.key",
        password=PASSWORD,
        imaps=server.imaps,
        imap=server.imap,
        uid=uid,
        gid=gid,
        users=("" if os.getuid() == 0 else own) + "first_valid_uid = 1\nfirst_valid_gid = 1",
    )


def _free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"Dovecot did not start: {process.stderr.read() if process.stderr else ''}")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("Dovecot did not answer.")
