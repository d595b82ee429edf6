"""Sends the benchmark's letter as a plain script does: smtplib and EmailMessage on one connection.

`python plain_smtplib.py PORT MESSAGES LIST LETTER`
"""

from __future__ import annotations

import csv
import itertools
import json
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path


def main() -> None:
    """One message after the other."""
    port, messages = int(sys.argv[1]), int(sys.argv[2])
    letter = json.loads(Path(sys.argv[4]).read_text(encoding="utf-8"))
    with Path(sys.argv[3]).open(encoding="utf-8", newline="") as rows, smtplib.SMTP("127.0.0.1", port) as server:
        for person in itertools.islice(csv.DictReader(rows), messages):

            def personal(part: str, name: str = person["first_name"], email: str = person["email"]) -> str:
                text: str = letter[part]
                return text.replace("@@NAME@@", name).replace("@@EMAIL@@", email)

            message = EmailMessage()
            message["From"] = letter["sender"]
            message["To"] = person["email"]
            message["Subject"] = personal("subject")
            message.set_content(personal("text"))
            message.add_alternative(personal("html"), subtype="html")
            server.send_message(message)


if __name__ == "__main__":
    main()
