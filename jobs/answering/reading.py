"""An answer's rows, however it is written. Pure but for its errors."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jobs import jsonpaths, warehouse
from jobs.importing import delimited
from jobs.importing.bad_rows import BadRows
from jobs.models import AnswerFormat
from jobs.running import JobError

DEFAULT_PATH = "$[*]"
_TYPES = {
    AnswerFormat.NDJSON: ("ndjson", "jsonl", "jsonlines", "json-lines", "json-seq"),  # before json, whose name is in theirs
    AnswerFormat.JSON: ("json",),
    AnswerFormat.CSV: ("csv", "tab-separated-values"),
}
_RECORD = "\x1e"  # begins a record of json-seq


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows as JSON values; `document` is what they were found in, where that is one; `columns` are known beforehand or not.

    `typed`: a text is meant as a text, also where it looks like a number.
    """

    rows: list[Any]
    document: Any = jsonpaths.NOTHING
    columns: tuple[str, ...] = ()
    typed: bool = True


def read(content: bytes, content_type: str, *, written: str, rows_path: str, most: int) -> Page:
    """Return the rows of an answer; raise `JobError` for one that cannot be read.

    A path that finds more than `most` is followed no further: it may find the same again and again.
    """
    match written if written != AnswerFormat.AUTO else _format_of(content, content_type):
        case AnswerFormat.NDJSON:
            return Page(rows=_lines(content))
        case AnswerFormat.CSV:
            return _csv(content)
    document = _json(content)
    return Page(rows=_rows_in(document, rows_path, most), document=document)


def _format_of(content: bytes, content_type: str) -> str:
    """Return what the answer says it is, else what it looks like."""
    said = content_type.partition(";")[0].strip().lower()
    for written, names in _TYPES.items():
        if any(name in said for name in names):
            return written
    begin = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if begin == b"<":
        raise JobError("The answer is a page or XML, no JSON, NDJSON or CSV.", permanent=True)
    first, _, rest = content.strip().partition(b"\n")
    several = begin == b"{" and first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{"
    return AnswerFormat.NDJSON if several else AnswerFormat.JSON if begin in (b"{", b"[") else AnswerFormat.CSV


def _json(content: bytes) -> Any:
    try:
        return loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise JobError(f"The answer cannot be read as JSON: {error}.") from None


def loads(text: str) -> Any:
    """Return what a JSON text says; numbers that are none are null, those beyond a double stay as they are written."""
    return json.loads(text, parse_float=_float, parse_constant=lambda name: None)


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _lines(content: bytes) -> list[Any]:
    rows = []
    try:
        lines = content.decode("utf-8-sig").split("\n")  # not splitlines(): JSON texts may hold other line ends
    except UnicodeDecodeError as error:
        raise JobError(f"The answer is not UTF-8: {error}.", permanent=True) from None
    for number, line in enumerate(lines, start=1):
        if not line.strip(_RECORD + " \t\r"):
            continue
        try:
            rows.append(loads(line.strip(_RECORD)))
        except (ValueError, RecursionError) as error:
            raise JobError(f"Line {number} of the answer is no JSON: {error}.", line=number) from None
    return rows


def _csv(content: bytes) -> Page:
    if not content.strip():
        return Page(rows=[], typed=False)
    file, bad = io.BytesIO(content), BadRows()
    rows = [(number, cells) for number, cells in delimited.rows(file, delimited.dialect_of(file), bad) if any(cells)]
    header, *rest = rows or [(0, [])]
    columns = tuple(warehouse.column_names(header[1]))
    for number, cells in rest:
        if len(cells) != len(columns):
            bad.add(number, f"{len(cells)} cells for {len(columns)} columns")
    bad.check()
    return Page(rows=[dict(zip(columns, cells, strict=True)) for _, cells in rest], columns=columns, typed=False)


def _rows_in(document: Any, path: str, most: int) -> list[Any]:
    """Return what the path finds; an empty list is an answer, a path that leads nowhere is a mistake."""
    if path == DEFAULT_PATH and isinstance(document, Mapping):
        raise JobError(
            f"The answer is an object ({_named(document)}), no list: name its rows by rows_path, such as $.data[*];"
            " $ takes the object itself as the only row.",
            permanent=True,
        )
    if jsonpaths.is_single(path):
        found = jsonpaths.first(path, document)
        if found is jsonpaths.NOTHING:
            raise _nowhere(path, document)
        return found if isinstance(found, list) else [] if found is None else [found]
    rows = list(islice(jsonpaths.every(path, document), most + 1))
    parent = path.removesuffix("[*]").removesuffix(".*")
    if not rows and parent != path and jsonpaths.is_single(parent) and not _is_empty(jsonpaths.first(parent, document)):
        raise _nowhere(path, document)
    return rows


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _nowhere(path: str, document: Any) -> JobError:
    shape = f"an object ({_named(document)})" if isinstance(document, Mapping) else f"a {type(document).__name__}"
    return JobError(f"There is nothing at {path} in the answer, which is {shape}.", permanent=True)


def _named(document: Mapping[str, Any]) -> str:
    """Return the names of an object's fields, as far as they can be shown."""
    names = [name[:40] for name in list(document)[:10]]
    return ", ".join(names) + (", ..." if len(document) > len(names) else "")
