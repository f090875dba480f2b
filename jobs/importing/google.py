"""Addresses of Google sheets: the one that a browser shows leads to a page, its CSV export is at another. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

HOST = "docs.google.com"
_PUBLISHED = re.compile(r"/spreadsheets/(?:u/[0-9]+/)?d/e/(?P<id>[\w-]+)(?:/.*)?")
_ORDINARY = re.compile(r"/spreadsheets/(?:u/[0-9]+/)?d/(?P<id>[\w-]+)(?:/(?P<page>[^?]*))?")


def export_url(url: str, *, whole: bool = False) -> str:
    """Return the address of a Google sheet's content, and any other address as it is.

    Its CSV export, of the tab that `gid` in the address names; with `whole` the workbook as XLSX, which has all tabs.
    """
    parts = urlsplit(url)
    if (parts.hostname or "").lower() != HOST or parts.scheme not in {"http", "https"}:
        return url
    named = {**parse_qs(parts.fragment), **parse_qs(parts.query)}
    gid = {"gid": named["gid"][0]} if "gid" in named and not whole else {}
    published = _PUBLISHED.fullmatch(parts.path)
    if published:
        query = {"output": "xlsx" if whole else "csv", **({"single": "true"} if gid else {}), **gid}
        return f"https://{HOST}/spreadsheets/d/e/{published['id']}/pub?{urlencode(query)}"
    ordinary = _ORDINARY.fullmatch(parts.path)
    if ordinary is None or ordinary["page"] in {"export", "gviz/tq"}:
        return url
    query = {"format": "xlsx" if whole else "csv", **gid}
    return f"https://{HOST}/spreadsheets/d/{ordinary['id']}/export?{urlencode(query)}"
