"""XLSX files as numbered rows: judged before they are opened, and opened in a process of its own, with bounded memory."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from jobs.importing.delimited import Row
from jobs.running import JobError

MAX_UNPACKED = 2 * 1024**3  # bytes
MAX_RATIO = 200  # of what is unpacked to what is packed; a workbook of the same number over and over has about 100
SMALL = 16 * 1024**2  # bytes that may be packed as they will
MAX_PARTS = 10_000
MAX_MEMORY = 2 * 1024**3  # bytes of address space for the process that reads it
MAX_SECONDS = 900  # of its processor time
_PROGRAM = str(Path(__file__).with_name("workbook.py"))
_ENCRYPTED = 0x1
_TOO_MUCH = {signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL}


def rows(file: BinaryIO, *, tab: str, notes: list[str], seconds: int = MAX_SECONDS) -> Iterator[Row]:
    """Yield the rows of a tab, the first one for no name, numbered as in the workbook; at the end add to `notes`.

    `seconds` is the processor time that reading may take.
    """
    _judge(file)
    file.seek(0)
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", _PROGRAM, tab, str(MAX_MEMORY), str(seconds)],
            env={},  # nothing of the service's: no addresses, no keys
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=told,
        )
        try:
            with io.TextIOWrapper(cast("IO[bytes]", process.stdout), encoding="utf-8", newline="") as output:
                yield from enumerate(csv.reader(output), 1)
            notes += _notes(process.wait(), told, seconds)
        except csv.Error as error:
            raise JobError(f"The workbook cannot be read: {error}.", permanent=True) from None
        finally:
            process.kill()
            process.wait()


def _notes(code: int, told: IO[bytes], seconds: int) -> list[str]:
    """Return what the process tells besides the rows; raise `JobError` for how it failed."""
    told.seek(0)
    said = _read(told.read(64 * 1024))
    if code == 0:
        return list(said.get("notes", []))
    if "error" in said:
        raise JobError(str(said["error"]), permanent=True)
    if -code == signal.SIGXCPU:
        raise JobError(f"The workbook takes more than {seconds} s to read.", permanent=True)
    if -code in _TOO_MUCH or "MemoryError" in said.get("text", ""):
        message = f"The workbook takes more than {MAX_MEMORY // 1024**3} GiB of memory to read: save its tab as CSV."
        raise JobError(message, permanent=True)
    raise JobError("The workbook cannot be read.", permanent=True)


def _read(text: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError:
        return {"text": text.decode("utf-8", "replace")}


def _judge(file: BinaryIO) -> None:
    """Raise `JobError` for an archive that is no workbook, or that would unpack to more than it should."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeError):
        raise JobError("The file is no XLSX file: it is a damaged archive.", permanent=True) from None
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise JobError("The file is an archive, and no XLSX file.", permanent=True)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise JobError("The file has a password: save it without one.", permanent=True)
    packed, unpacked = sum(part.compress_size for part in parts), sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS or (unpacked > SMALL and unpacked > packed * MAX_RATIO):
        facts = {"packed_bytes": packed, "unpacked_bytes": unpacked, "parts": len(parts)}
        raise JobError("The file would unpack to far more than a workbook does: it is not opened.", permanent=True, **facts)
