"""The practice behind the mail: its postal address, its mail server, and its secrets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from newsletter.check.evidence import Evidence, Received
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import received, rule
from newsletter.check.sample import HTML_PART, TEXT_PART
from newsletter.errors import shown_path
from newsletter.read.providers import LOOPBACK, server

_PASSWORD = re.compile(
    r"""(?:^\s*(?:-\s+)?|[{,]\s*)["']?\w*(?:password|passwd)["']?\s*:\s*["']?(?![\s"'#~$]|null\b)\S""", re.IGNORECASE
)
_SECRET_LINE = re.compile(r"^\s*(?:export\s+)?(?:NEWSLETTER_\w+|\w*PASSWORD\w*)\s*=\s*\S", re.IGNORECASE | re.MULTILINE)
_POSTAL = (
    re.compile(r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\b(?:P\.? ?O\.? )?Box \d+\b", re.IGNORECASE),  # UT 84601, PO Box 12
    re.compile(r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),  # V5K 0A1, SW1A 1AA
    re.compile(r"\b(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),? \d{4}\b"),
    re.compile(
        r"\b\d{1,5}[A-Za-z]? (?:[\w.'-]+ ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way)\b", re.I
    ),
    re.compile(r"\b(?:[A-Z]{1,2}-)?\d{4,5} [A-Z\u00c0-\u00de][\w\u00c0-\u00ff-]{2,}"),  # 80331 München
)
_LARGEST = 1_000_000


@rule("K01", "the postal address in both parts", ERROR, source="CAN-SPAM, 15 USC 7704(a)(5)", protects="the law")
def postal_address(evidence: Evidence) -> Iterator[Finding]:
    """Street, city and postal code can be read in the page and in the plain text."""
    address = evidence.practice.text.practice.address
    wanted = {"street": address.street, "city": address.city, "postal code": address.postal_code}
    for sample in evidence.unlike:
        for place, words in ((HTML_PART, sample.html and sample.page.visible), (TEXT_PART, sample.text)):
            said = " ".join((words or "").split())
            missing = [what for what, value in wanted.items() if " ".join(value.split()) not in said]
            if words and missing:
                harm = f"The law asks for the practice's postal address in every newsletter; here it lacks: {', '.join(missing)}."
                yield error(place, harm, "Restore the footer of the theme: footer.mjml and the end of issue.txt.")


@received("K01")
def any_postal_address(mail: Received) -> Iterator[Finding]:
    """Something that looks like a postal address: a postal code of the US, Canada, the UK or Australia, or a PO box."""
    sample = mail.samples[0]
    words = " ".join((sample.page.visible if sample.html else sample.text or "").split())
    if not any(looks.search(words) for looks in _POSTAL):
        harm = "No postal address can be read in the mail: the law asks for one in every newsletter."
        yield error(HTML_PART if sample.html else TEXT_PART, harm, "Write street, city and postal code into the footer.")


@rule(
    "A10", "an encrypted connection to the mail server", ERROR, source="Gmail: TLS for all senders; RFC 8314", protects="people"
)
def encrypted(evidence: Evidence) -> Iterator[Finding]:
    """TLS or STARTTLS, but for a server on this very computer."""
    used = server(evidence.practice.text.smtp)
    if used.security == "none" and used.host not in LOOPBACK:
        harm = "Mails and the password would travel in the clear: anyone on the way can read your patients' addresses."
        yield error(evidence.key_place("smtp", "security"), harm, "Write `security: starttls` (port 587) or `tls` (port 465).")


@rule("A12", "secrets that stay secret", ERROR, WARNING, source="hygiene", protects="people")
def secrets_kept(evidence: Evidence) -> Iterator[Finding]:
    """No password in a YAML file, no secret file that others can read, no ledger in a git repository."""
    folder = evidence.practice.folder
    yield from _passwords(folder)
    settings = [path for path in sorted(folder.glob(".env*")) if path.suffix not in (".example", ".sample", ".template")]
    for path in (folder / ".newsletter" / "key", *settings):
        if _read_by_others(path) and (path.name == "key" or _SECRET_LINE.search(_text(path))):
            name = shown_path(path, folder)
            harm = "Other people who use this computer can read a secret of the practice."
            yield error(name, harm, f"Take their right away: chmod 600 {name}")
    if _tracked(folder):
        harm = "The record of who was mailed, with every address, would be stored in your git repository."
        yield warning(".newsletter", harm, "Add the line .newsletter/ to the file .gitignore.")


def _passwords(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.glob("*.y*ml")):  # issues are text for readers, who may be told a password
        for number, line in enumerate(_text(path).splitlines(), 1):
            if "pass" in line.lower() and not line.lstrip().startswith("#") and _PASSWORD.search(line):
                harm = "A password stands in a file that is easily copied or shared."
                fix = "Delete the line. The tool asks for it, or takes it from NEWSLETTER_SMTP_PASSWORD or the keyring."
                yield error(f"{shown_path(path, folder)}:{number}", harm, fix)


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return ""


def _read_by_others(path: Path) -> bool:
    try:
        return os.name == "posix" and path.is_file() and bool(path.stat().st_mode & 0o004)
    except OSError:
        return False


def _tracked(folder: Path) -> bool:
    """Whether git would store `.newsletter`: there is a repository around it that does not ignore it."""
    if not any((above / ".git").exists() for above in (folder.resolve(), *folder.resolve().parents)):
        return False
    git = shutil.which("git")
    if git is None:
        return False
    try:
        asked = subprocess.run(  # noqa: S603  # a fixed command; the folder is only where it runs
            [git, "check-ignore", "--quiet", ".newsletter/key"], cwd=folder, capture_output=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 1  # 0 ignored, 1 not, 128 git cannot tell
