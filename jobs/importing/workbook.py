"""A program of its own: writes one tab of the XLSX file on its standard input to its standard output, as CSV.

A file from outside can make its reader run out of memory or abort: that ends this process, not the worker. It is started
without the service's environment, and sees nothing of the service. What went wrong, or what is to be told besides, goes to
standard error as JSON.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import chain
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import python_calamine

REFUSED = 3  # exit code: the reason is on standard error
MAX_ROW = 4 * 1024**2  # characters: a text can stand in many cells and take no room in the file
MAX_WHOLE = 10**15  # a larger number of a cell is not sure to be a whole one
_BLOCK = 1024**2
_OVERLAP = 4096
_ERROR = re.compile(rb'<c\s[^>]{0,200}\bt="e"')
_NO_VALUE = re.compile(rb"<f(?:/>|\s[^>]{0,2000}/>|[^>]{0,2000}>[^<]{0,2000}</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_REFERENCE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class RefusedError(Exception):
    """The file cannot be read; its message says why."""


def main(tab: str, max_memory: int, max_seconds: int) -> None:
    """Write the tab (the first, where `tab` is empty) and tell what is not in it."""
    _limit(resource.RLIMIT_AS, max_memory)
    _limit(resource.RLIMIT_CPU, max_seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file = open(0, "rb")  # noqa: SIM115 - standard input, for as long as this process lives
    name = _tab(python_calamine.CalamineWorkbook.from_filelike(file).sheet_names, tab)
    notes = _notes(zipfile.ZipFile(file), name)
    file.seek(0)
    sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(name)
    with open(1, "w", encoding="utf-8", newline="") as output:
        csv.writer(output, lineterminator="\n").writerows(_rows(sheet))
    json.dump({"notes": notes}, sys.stderr)


def _limit(what: int, most: int) -> None:
    """Set a limit for this process, or a lower one where it has that already."""
    _, hard = resource.getrlimit(what)
    last = most + 1 if hard == resource.RLIM_INFINITY else min(most + 1, hard)
    if what != resource.RLIMIT_AS or sys.platform != "darwin":  # where it cannot be set
        # At the soft limit of processor time comes SIGXCPU, which says what was too much; at the hard one SIGKILL.
        resource.setrlimit(what, (min(most, last), last))


def _tab(names: Sequence[str], wanted: str) -> str:
    if not names:
        raise RefusedError("The workbook has no tabs.")
    if wanted and wanted not in names:
        raise RefusedError(f"The workbook has no tab {wanted!r}; it has {', '.join(map(repr, names[:20]))}.")
    return wanted or names[0]


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows from the first row and column of the tab on, the empty ones too: their numbers are those of the tab."""
    margin = [""] * (sheet.start[1] if sheet.start else 0)
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [_text(value) for value in values]
        if sum(map(len, cells)) > MAX_ROW:
            raise RefusedError(f"Row {number} is longer than {MAX_ROW:,} characters.")
        yield margin + cells


def _text(cell: Any) -> str:
    """Return a cell's value as text: that of a formula is the one that was stored, an error has none."""
    if isinstance(cell, str):
        if "\0" in cell:
            raise RefusedError("A cell holds a NUL character.")
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < MAX_WHOLE else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return _duration(cell) if isinstance(cell, timedelta) else str(cell)


def _duration(value: timedelta) -> str:
    """Return a duration as a spreadsheet shows it: hours, which may be many, minutes and seconds."""
    seconds = round(abs(value).total_seconds())
    return f"{'-' if value < timedelta(0) else ''}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _notes(archive: zipfile.ZipFile, tab: str) -> list[str]:
    """Tell of the cells whose value is not to be had: the library makes them empty ones without a word."""
    part = _part(archive, tab)
    if part not in archive.namelist():
        return []
    errors = no_values = 0
    with archive.open(part) as content:
        kept = b""
        for block in chain(iter(partial(content.read, _BLOCK), b""), [b""]):
            text = kept + block
            # What begins in the last bytes may end in the next block: it is counted with that.
            cut = max(0, len(text) - _OVERLAP) if block else len(text)
            errors += sum(match.start() < cut for match in _ERROR.finditer(text))
            no_values += sum(match.start() < cut for match in _NO_VALUE.finditer(text))
            kept = text[cut:]
    notes = [(errors, "cells hold an error, such as #DIV/0!"), (no_values, "formulas have no stored value")]
    return [f"{count:,} {what}: null in the table" for count, what in notes if count]


def _part(archive: zipfile.ZipFile, tab: str) -> str:
    """Return the name of the part that holds a tab."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets: Mapping[Any, Any] = {relation.get("Id"): relation.get("Target") for relation in relations}
    references = [sheet.get(_REFERENCE) for sheet in book.iter() if sheet.tag.endswith("}sheet") and sheet.get("name") == tab]
    target = str(targets.get(references[0]) if references else "")
    return target.removeprefix("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _told() -> None:
    try:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    except RefusedError as error:
        reason = str(error)
    except MemoryError:
        raise
    except (python_calamine.CalamineError, ElementTree.ParseError, zipfile.BadZipFile, KeyError, ValueError) as error:
        reason = f"It is no XLSX file that can be read: {error}"
    else:
        return
    json.dump({"error": reason}, sys.stderr)
    sys.exit(REFUSED)


if __name__ == "__main__":
    _told()
