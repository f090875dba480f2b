"""Where a Sheet's file comes from: a URL, or a path below the data folder. Fetched only if it has changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

import outbound
from api.errors import Invalid
from jobs.importing import copying, google
from jobs.importing.copying import Copy
from jobs.models import Format, Sheet
from jobs.running import JobError, NothingToDo

DOWNLOAD_SECONDS = 1800.0
NOT_MODIFIED = 304
_PASSES = {408, 425, 429}  # answers that say: not now
_CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The file, and what its source says of this version of it."""

    copy: Copy
    version: Mapping[str, str]


def is_url(source: str) -> bool:
    """Tell a URL from a path."""
    return source.lower().startswith(("http://", "https://"))


def check(source: str) -> None:
    """Raise `Invalid` for a source that nothing would be fetched from."""
    if is_url(source):
        try:
            outbound.check(source)
        except outbound.OutboundError as error:
            raise Invalid(error.message, field="source") from None
    elif "://" in source:
        raise Invalid("Only http and https addresses are fetched.", field="source")
    elif not source or Path(source).is_absolute() or ".." in Path(source).parts or "\0" in source:
        raise Invalid("A path leads from the data folder down, such as sales/2027.csv.", field="source")


def fetch(sheet: Sheet, into: BinaryIO, *, seen: Mapping[str, Any]) -> Fetched | NothingToDo:
    """Write the sheet's file into another, unless its source says that it is the version that was `seen`."""
    return _download(sheet, into, seen) if is_url(sheet.source) else _copy(sheet, into, seen)


def _download(sheet: Sheet, into: BinaryIO, seen: Mapping[str, Any]) -> Fetched | NothingToDo:
    url = google.export_url(sheet.source, whole=bool(sheet.tab) or sheet.format == Format.XLSX)
    try:
        answer = outbound.download(
            url,
            into=into,
            etag=seen.get("etag"),
            last_modified=seen.get("last_modified"),
            timeout=DOWNLOAD_SECONDS,
            max_bytes=settings.MAX_UPLOAD,
        )
    except outbound.OutboundError as error:
        raise JobError(error.message, permanent=isinstance(error, outbound.Refused | outbound.TooLarge)) from None
    if answer.status == NOT_MODIFIED and seen:
        by = "its ETag is the same" if seen.get("etag") else f"not modified since {seen.get('last_modified')}"
        return NothingToDo(f"unchanged since the last import: {by}")
    if not answer.ok:
        permanent = answer.status in _CLIENT_ERRORS and answer.status not in _PASSES
        raise JobError(f"The source answers with status {answer.status}.", permanent=permanent, status=answer.status)
    version = {"etag": answer.headers.get("etag", ""), "last_modified": answer.headers.get("last-modified", "")}
    return Fetched(copy=copying.copy_of(into), version={name: value for name, value in version.items() if value})


def _copy(sheet: Sheet, into: BinaryIO, seen: Mapping[str, Any]) -> Fetched | NothingToDo:
    with _opened(sheet.source) as file:
        facts = os.fstat(file.fileno())
        version = {"modified": f"{facts.st_mtime_ns}-{facts.st_size}-{facts.st_ino}"}
        if seen.get("modified") == version["modified"]:
            at = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(sep=" ", timespec="seconds")
            return NothingToDo(f"unchanged since the last import: last modified at {at}")
        return Fetched(copy=copying.copied(file, into, max_bytes=settings.MAX_UPLOAD), version=version)


def _opened(source: str) -> BinaryIO:
    """Open a file below the data folder, wherever links in it lead: those that lead out of it are refused."""
    try:
        root = settings.DATA_DIR.resolve()
        path = (root / source).resolve()
        if not path.is_relative_to(root):
            raise JobError("The path leads out of the data folder.", permanent=True)
        # What is no file could keep us waiting for somebody who writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        why = "may not be read" if isinstance(error, PermissionError) else "is not there"
        raise JobError(f"The file {source!r} {why} in the data folder.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise JobError(f"{source!r} in the data folder is no file.", permanent=True)
    return os.fdopen(descriptor, "rb")
