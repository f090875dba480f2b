"""The form of an upload: a file, and how it is read into which table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from jobs.models import Format

DELIMITERS = {"": "Find out", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Pipe"}
FORMATS = {Format.AUTO: "Find out", Format.CSV: "CSV", Format.XLSX: "XLSX"}
HOW = ("format", "tab", "cell_range", "delimiter", "encoding", "max_bad_rows", "has_header")
NEVER_EMPTY = ("format", "max_bad_rows")
UNSEEN = {"name": "upload", "table": "upload"}  # what a file is called does not matter to how it is read


class UploadForm(forms.Form):
    """The form as it is shown."""

    file = forms.FileField(widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx"}))
    name = forms.CharField(max_length=200)
    table = forms.CharField(max_length=63, help_text="Of the project's warehouse: lower-case letters, digits, underscores.")
    description = forms.CharField(required=False, widget=forms.Textarea({"rows": 2}))
    format = forms.ChoiceField(choices=list(FORMATS.items()))
    delimiter = forms.ChoiceField(choices=list(DELIMITERS.items()), required=False)
    encoding = forms.CharField(required=False, max_length=20, help_text="Such as cp1252; empty to find out.")
    tab = forms.CharField(required=False, max_length=200, help_text="Of a workbook; empty for the first.")
    cell_range = forms.CharField(
        required=False, max_length=50, label="Cells", help_text="Of a workbook: A1:F200 or A5:; empty for all."
    )
    max_bad_rows = forms.IntegerField(required=False, min_value=0, initial=0, label="Bad rows that may be left out")
    has_header = forms.BooleanField(required=False, initial=True, label="The first row names the columns")


def told(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what was sent by the form, the file aside, as the API takes it."""
    names = ("name", "table", "description", "project")
    return {**{name: sent.get(name, "") for name in names}, **how(sent)}


def how(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what was sent about how the file is to be read."""
    found: dict[str, Any] = {name: sent.get(name, "") for name in HOW if sent.get(name) or name not in NEVER_EMPTY}
    count = found.get("max_bad_rows", "").strip()
    if count.isascii() and count.isdecimal() and len(count) < 12:  # noqa: PLR2004 - any more is refused as text is
        found["max_bad_rows"] = int(count)
    return {**found, "has_header": bool(sent.get("has_header"))}
