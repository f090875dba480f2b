"""The runner of Sheets: a spreadsheet at a URL or path, imported whenever it has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.importing import checking, copying, importer, seeing, sources
from jobs.models import Sheet
from jobs.running import Done, End, NothingToDo, Running


def run(sheet: Sheet, running: Running) -> End:
    """Import the sheet into its table, unless it is what the table was made of."""
    stands = sheet.skip_unchanged and seeing.stands(sheet, running)
    with copying.temporary() as file:
        fetched = sources.fetch(sheet, file, seen=sheet.seen if stands else {})
        if isinstance(fetched, NothingToDo):
            return fetched
        copy = fetched.copy
        running.say(f"{copy.size:,} bytes fetched")
        if stands and copy.digest == sheet.seen.get("digest"):
            seeing.remember_besides(sheet, **fetched.version)
            return NothingToDo(f"unchanged since the last import: the same content (SHA-256 {copy.digest[:12]}…)")
        loaded = importer.load(sheet, file, running)
    seeing.remember(sheet, made=loaded.made, digest=copy.digest, **fetched.version)
    return Done({**loaded.value, "bytes": copy.size})


def check(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid`, naming the field, for a sheet that could not be imported."""
    checking.check(fields)
    if "source" in fields:
        sources.check(fields["source"])
