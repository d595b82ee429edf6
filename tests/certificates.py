"""Certificates for tests, made with the openssl command when they are needed: one authority, good and bad servers."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_OF_THE_SERVER = "subjectAltName={names}\nbasicConstraints=CA:FALSE\n"
# what kind of certificate: (names it is for, whether the authority signed it, days it holds)
KINDS = {
    "valid": ("IP:127.0.0.1,DNS:localhost", True, 30),
    "expired": ("IP:127.0.0.1,DNS:localhost", True, -1),
    "self-signed": ("IP:127.0.0.1,DNS:localhost", False, 30),
    "wrong name": ("DNS:other.example", True, 30),
    "invented": ("DNS:riverbend.example,DNS:*.riverbend.example,DNS:social.example", True, 30),
}


@dataclass(frozen=True)
class Certificates:
    """A folder with one authority, `authority`, and a certificate of each of KINDS."""

    folder: Path

    @classmethod
    def made_in(cls, folder: Path) -> Certificates:
        """Makes the authority; certificates follow when a context asks for them."""
        made = cls(folder)
        made._key("ca")
        made._openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Test authority", "-days", "30", "-out", "ca.pem")
        return made

    @property
    def authority(self) -> Path:
        """What a client has to trust (SSL_CERT_FILE)."""
        return self.folder / "ca.pem"

    def context(self, kind: str) -> ssl.SSLContext:
        """The server's side with a certificate of this kind."""
        name = kind.replace(" ", "-")
        if not (self.folder / f"{name}.pem").exists():
            self._make(name, *KINDS[kind])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def _make(self, name: str, names: str, signed: bool, days: int) -> None:
        self._key(name)
        (self.folder / f"{name}.ext").write_text(_OF_THE_SERVER.format(names=names))
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", "/CN=scripted", "-out", f"{name}.csr")
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial") if signed else ("-signkey", f"{name}.key")
        whole = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext", "-days", str(days))
        self._openssl("x509", "-req", *whole, *by)

    def _key(self, name: str) -> None:
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=30)
