"""Writes a table for a spreadsheet that holds addresses: for its owner alone, and with nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from newsletter.errors import CannotWrite
from newsletter.read.csv_file import harmless


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Iterable[object]], encoding: str = "utf-8") -> None:
    """A CSV file, mode 0600; `utf-8-sig` is what Excel knows by itself. Raises CannotWrite."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding=encoding, newline="") as stream:
            path.chmod(0o600)  # also where it was there before
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows([harmless(str(value)) for value in row] for row in rows)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}.", "Choose another place.") from None
