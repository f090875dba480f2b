"""What a file is, by its first bytes: read, or refused by what it really is."""

from __future__ import annotations

from typing import BinaryIO

from jobs.models import Format
from jobs.running import JobError

_SAMPLE = 1024
_ZIP = b"PK\x03\x04"
_REFUSED = [
    (b"\xd0\xcf\x11\xe0", "an old XLS file, or one with a password: save it as XLSX without a password, or as CSV"),
    (b"\x1f\x8b", "packed by gzip: send it unpacked"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file: save it as CSV or XLSX"),
    (b"PK\x05\x06", "an empty archive"),
    (b"{\\rtf", "an RTF document"),
]
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_WEB_PAGE = (
    "a web page and no table. If the source is a Google sheet, let everybody who has the link read it, or publish it as CSV"
)


def format_of(file: BinaryIO, told: str = Format.AUTO) -> str:
    """Return `csv` or `xlsx`; raise `JobError` for a file that is neither, or not what it was told to be."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    file.seek(0)
    if not sample:
        raise JobError("The file is empty: it has 0 bytes.", permanent=True)
    what = _refused(sample)
    if what:
        raise JobError(f"The file is {what}.", permanent=True)
    found = Format.XLSX if sample.startswith(_ZIP) else Format.CSV
    if told not in (Format.AUTO, found):
        raise JobError(f"The file is no {told.upper()} file.", permanent=True)
    return str(found)


def _refused(sample: bytes) -> str | None:
    if sample.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES):
        return _WEB_PAGE
    return next((what for mark, what in _REFUSED if sample.startswith(mark)), None)
