"""A practice folder as big as the benchmark wants it: settings, a list of invented people, and an issue of a given size."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

NEWSLETTER = [sys.executable, "-m", "newsletter"]
ISSUE = "a-word-in-spring"
_NAMES = ("Annabel", "Bertram", "Celestine", "Desmond", "Eugenia", "Florian", "Georgina", "Isadora", "Jerome", "Leopold")
_DOMAINS = 500
_LETTER = """\
title: A Word in Spring
subject: '{{ first_name or "Hello" }}, a word in spring'
preheader: Small walks, warm shoulders, and what to do when the first garden day was too long.
date: 2027-03-02
opening: |
  Hello {{ first_name or "neighbor" }},

  The days grow longer, and many of us are out in the garden again.
body:
  - heading: A little, and often
    text: |
"""
_SENTENCES = (
    "Begin with a quarter of an hour, and stop while it still feels easy.",
    "Change hands when you rake, and change the work before you tire of it.",
    "Kneel on something soft, and keep what you lift close to your body.",
    "Stiff muscles on the next day are common and pass within a few days.",
    "A warm shower and a short walk do more good than a day on the sofa.",
    "Call us when pain keeps you from sleep, or does not ease within a week.",
)


def person(number: int) -> tuple[str, str]:
    """Address and first name of the person in a row of the list; the first is number 0."""
    return f"person{number}@mail{number % _DOMAINS}.example", _NAMES[number % len(_NAMES)]


class PracticeToSend:
    """What `newsletter init` makes, for a mail server on this computer and with the benchmark's own issue and list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([*NEWSLETTER, "init", str(folder)], check=True, capture_output=True)
        self._set("images", "{mode: hosted, base_url: https://riverbend.example/news}")
        self.letter = folder / "letter.json"
        self.size = 0

    @property
    def list(self) -> Path:
        """The list of people: email,first_name,last_name,..."""
        return self.folder / "subscribers.csv"

    def serve_at(self, port: int, connections: int) -> None:
        """Sets the mail server."""
        self._set("smtp", f"{{host: 127.0.0.1, port: {port}, security: none, connections: {connections}}}")

    def write_list(self, people: int) -> None:
        """Writes the list row by row: what this process holds would count as memory of the program it starts."""
        with self.list.open("w", encoding="utf-8") as rows:
            rows.write("email,first_name,last_name,tags,consent_source,consent_date,status\n")
            for number in range(people):
                email, name = person(number)
                rows.write(f"{email},{name},Example,patient,front desk form,2026-03-14,active\n")

    def write_issue(self, size: int) -> None:
        """Writes the issue so long that its finished mail has about `size` bytes; the list must be there."""
        self.serve_at(25, 1)
        bare = self._built(0)
        a_sentence = (self._built(60) - bare) / 60
        self.size = self._built(max(0, round((size - bare) / a_sentence)))
        if abs(self.size - size) > size / 10:
            raise SystemExit(
                f"The benchmark's mail has {self.size:,} bytes, not about {size:,}. Change benchmarks/practice_to_send.py."
            )
        self._write_letter()

    def forget(self) -> None:
        """Deletes the ledger, so that nobody has the issue yet."""
        for file in (self.folder / ".newsletter").glob("ledger*"):
            file.unlink()

    def _built(self, sentences: int) -> int:
        lines = [_SENTENCES[n % len(_SENTENCES)] + ("\n" if n % 4 == 3 else "") for n in range(max(1, sentences))]
        text = "\n".join(lines).replace("\n", "\n      ").replace("\n      \n", "\n\n")
        (self.folder / "issues" / f"{ISSUE}.yaml").write_text(f"{_LETTER}      {text.rstrip()}\n", encoding="utf-8")
        subprocess.run([*NEWSLETTER, "-C", str(self.folder), "build", ISSUE], check=True, capture_output=True)
        return self._eml.stat().st_size

    @property
    def _eml(self) -> Path:
        return self.folder / "build" / ISSUE / f"{ISSUE}.eml"

    def _write_letter(self) -> None:
        """The same mail for other programs: subject, text and HTML, with @@NAME@@ and @@EMAIL@@ where a person stands."""
        mail = message_from_bytes(self._eml.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain
        assert html
        number = re.search(r"person(\d+)@", str(mail["To"]))
        name = person(int(number[1]))[1] if number else ""
        code = re.search(r"/u/([\w-]+)", str(mail["List-Unsubscribe"]))
        if not name or not code:
            raise SystemExit("The built mail shows no subscriber of the benchmark's list. Change benchmarks/practice_to_send.py.")

        def open_again(text: str) -> str:
            return text.replace(name, "@@NAME@@").replace(code[1], "@@EMAIL@@")

        parts = {"subject": str(mail["Subject"]), "text": plain.get_content(), "html": html.get_content()}
        letter = {"sender": "news@riverbend.example"} | {part: open_again(text) for part, text in parts.items()}
        self.letter.write_text(json.dumps(letter), encoding="utf-8")

    def _set(self, key: str, value: str) -> None:
        path = self.folder / "practice.yaml"
        text, found = re.subn(rf"^{key}:.*$", f"{key}: {value}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert found == 1, f"practice.yaml has {found} lines that begin with {key}"
        path.write_text(text, encoding="utf-8")
