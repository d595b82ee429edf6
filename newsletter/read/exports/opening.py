"""Opens an export by what is in the file, whatever its name ends with; a kind that cannot be read is refused with the way out."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.read.csv_file import CsvFile
from newsletter.read.exports.csv_table import csv_table
from newsletter.read.exports.table import SAVE_AS, Table, unusable
from newsletter.read.exports.vcard import vcard_table

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] section 2.2: old Excel files, and encrypted new ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] section 2.3.4.4
_OTHERS = (
    (rb"%PDF-", "this is a PDF document.", "Have your practice system export the list as CSV or Excel, and import that."),
    (rb"\s*(?:<!doctype html|<html|<table|<head|<body)", "this is a web page, whatever its name ends with.", SAVE_AS),
    (rb"\s*<\?xml", "this is an XML file.", SAVE_AS),
    (
        rb"\s*[{\[]\s*[\"{\[\]}]",
        "this is a JSON file.",
        "Have your practice system export the list as CSV or Excel, and import that.",
    ),
    (rb"\{\\rtf", "this is a text document (.rtf).", SAVE_AS),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!", "this is a packed file.", "Unpack it, and import the list that is in it."),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM....\0\0", "this is a picture.", "Import the file that your practice system exports."),
    (rb"SQLite format 3\0", "this is a database.", "Have your practice system export the list as CSV or Excel, and import that."),
)
_TEXT_OF_TWO_BYTES = (b"\xff\xfe", b"\xfe\xff")


def open_table(path: Path, shown: str, sheet: str | None) -> Table:
    """The table in a file; raises OSError, or ProblemsFound where there is none."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.strip():
        raise unusable(shown, "the file is empty.", "Export the list again.")
    if start.startswith(b"PK"):
        from newsletter.read.exports.excel import excel_table  # the library takes a while to load

        return excel_table(path, shown, sheet)
    _refuse(path, shown, start)
    file = CsvFile(path, shown)
    with path.open(encoding=file.encoding, errors="replace") as text:
        if re.match(r"\ufeff?\s*BEGIN:VCARD", text.read(4096), re.IGNORECASE):
            return vcard_table(path, file.encoding)
    return csv_table(file)


def _refuse(path: Path, shown: str, start: bytes) -> None:
    """Raises where the file is of a kind that is known and is no list, or of no kind that is text."""
    if start.startswith(_OLE):
        if _ENCRYPTED in path.read_bytes()[: 1 << 26]:
            raise unusable(
                shown, "this workbook is locked with a password.", "Open it, take the password off, save it, and import that."
            )
        raise unusable(shown, "this is an old Excel file (.xls).", SAVE_AS)
    for pattern, message, remedy in _OTHERS:
        if re.match(pattern, start, re.IGNORECASE):
            raise unusable(shown, message, remedy)
    every_other = max(start[::2].count(0), start[1::2].count(0))  # text of two bytes a letter has them in every other place
    if 0 in start and not start.startswith(_TEXT_OF_TWO_BYTES) and every_other <= len(start) // 4:
        raise unusable(shown, "this is no list in a form we know.", "Import CSV, an Excel workbook (.xlsx), or vCards (.vcf).")
