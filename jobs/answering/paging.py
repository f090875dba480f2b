"""Page after page of an answer, until there are no more."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from jobs import jsonpaths
from jobs.answering.reading import Page, read
from jobs.models import Api, Paging
from jobs.requesting.client import Client
from jobs.requesting.destinations import origin_of
from jobs.requesting.faults import Postponed
from jobs.running import JobError
from outbound import Answer

PATIENCE = 60.0  # seconds that are waited for within an attempt, so that the pages read so far are not lost
WAITS = 20  # such waits
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*!-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\",;\s]*))?)*)")
_IS_NEXT = re.compile(r"rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)

Ask = Callable[[], Answer]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The page just read, and what was read up to it, itself included."""

    page: Page
    answer: Answer
    pages: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Next:
    """Where the next page is: a URL, or what changes in the query of the job's own request."""

    url: str = ""
    query: tuple[tuple[str, Any], ...] = ()


def pages(api: Api, client: Client) -> Iterator[Page]:
    """Yield the pages; raise `JobError` where they do not come to an end within `max_pages`, or repeat themselves."""
    been: set[Next] = set()
    place: Next | None = Next(query=tuple(_first_query(api).items()))
    number, rows, last = 0, 0, b""
    while place is not None:
        if place in been:
            raise JobError(f"Page {number} leads back to a page that was read before.", permanent=True)
        been.add(place)
        if number >= api.max_pages:
            raise JobError(f"There are more than the {api.max_pages} pages of max_pages.", permanent=True)
        answer = _patiently(_asking(api, client, place), first=number == 0)
        told = answer.headers.get("content-type", "")
        page = read(answer.content, told, written=api.format, rows_path=api.rows_path, most=api.max_rows)
        number, rows = number + 1, rows + len(page.rows)
        if page.rows and answer.content == last and api.paging in (Paging.PAGE, Paging.OFFSET):
            raise JobError(f"Page {number} is the same as the one before: does {api.page_param!r} count?", permanent=True)
        yield page
        last, place = answer.content, following(api, Seen(page=page, answer=answer, pages=number, rows=rows))


def following(api: Api, seen: Seen) -> Next | None:
    """Return where the next page is, None where there is none."""
    match api.paging:
        case Paging.NEXT:
            found = _found(api, seen.page)
            return Next(url=urljoin(seen.answer.url, str(found))) if found else None
        case Paging.CURSOR:
            found = _found(api, seen.page)
            return _own(api, found) if found else None
        case Paging.LINK:
            link = next_link(seen.answer.headers.get("link", ""))
            return Next(url=urljoin(seen.answer.url, link)) if link else None
        case Paging.PAGE | Paging.OFFSET:
            step = seen.pages if api.paging == Paging.PAGE else seen.rows
            over = len(seen.page.rows) < (api.page_size or 1)
            return None if over else _own(api, _first(api) + step)
    return None


def next_link(header: str) -> str:
    """Return the target of the `next` relation in a header Link (RFC 8288), empty where it has none."""
    return next((target for target, parameters in _LINK.findall(header) if _IS_NEXT.search(parameters)), "")


def _found(api: Api, page: Page) -> Any:
    if page.document is jsonpaths.NOTHING:
        raise JobError(
            f"next_path needs an answer that is one JSON document; {api.paging!r} cannot page others.", permanent=True
        )
    found = jsonpaths.first(api.next_path, page.document)
    if found is jsonpaths.NOTHING or found is None or found is False or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise JobError(f"What stands at {api.next_path} is neither an address nor a cursor.", permanent=True)
    return str(found)


def _first_query(api: Api) -> Mapping[str, Any]:
    query: dict[str, Any] = {}
    if api.size_param and api.page_size:
        query[api.size_param] = api.page_size
    if api.paging in (Paging.PAGE, Paging.OFFSET):
        query[api.page_param] = _first(api)
    return query


def _first(api: Api) -> int:
    return api.first_page if api.first_page is not None else int(api.paging == Paging.PAGE)


def _own(api: Api, value: Any) -> Next:
    return Next(query=tuple({**_first_query(api), api.page_param: value}.items()))


def _asking(api: Api, client: Client, place: Next) -> Ask:
    if not place.url:
        return lambda: client.own(query=dict(place.query))
    if api.secret and origin_of(place.url) != origin_of(api.url):
        there = client.redact.excerpt(place.url)
        raise JobError(f"The next page is at another origin, {there}: the job's secret is not sent there.", permanent=True)
    return lambda: client.follow(place.url)


def _patiently(ask: Ask, *, first: bool) -> Answer:
    """Ask again within this attempt where the server wants it soon: a new attempt would begin at the first page."""
    for _ in range(WAITS):
        try:
            return ask()
        except Postponed as pause:
            if first or pause.seconds > PATIENCE:
                raise
            time.sleep(pause.seconds)
    return ask()
