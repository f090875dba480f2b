"""What is checked of an import's settings when they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.errors import Invalid
from jobs import warehouse
from jobs.importing import cell_ranges, texts
from jobs.importing.delimiters import DELIMITERS


def check(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid`, naming the field, for settings that no file could be read with. Those not given are not looked at."""
    if "table" in fields:
        warehouse.check_table(fields["table"])
    if fields.get("cell_range"):
        cell_ranges.parsed(fields["cell_range"])
    if fields.get("delimiter") and fields["delimiter"] not in DELIMITERS:
        raise Invalid("The delimiter is a comma, a tab, a semicolon or a pipe.", field="delimiter")
    if fields.get("encoding") and texts.canonical(fields["encoding"]) is None:
        raise Invalid("No such encoding; utf-8, utf-16, cp1252 and iso-8859-15 are some that there are.", field="encoding")
    if "\0" in fields.get("tab", ""):
        raise Invalid("A tab's name has no NUL in it.", field="tab")
