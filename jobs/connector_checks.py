"""What a connector must be like to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.errors import Invalid
from dags.zones import find_zone
from jobs import jsonpaths
from jobs.models import Connector, Finish, Fresh
from jobs.requesting.checking import check_request, check_url
from jobs.requesting.destinations import check_destinations
from jobs.requesting.filling import NAMES

PATHS = ("id_path", "state_path", "synced_path", "failed_path", "paused_path")
SHORTEST_POLL = 1.0
LONGEST_POLL = 86_400.0
MOST_POLLS = 10_000
MOST_TABLES = 1000


def check(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid` naming the field at fault; fields that are missing are at their default."""
    starts, polled = fields.get("start", True), fields.get("finish", Finish.REPORT) == Finish.POLL
    check_request(fields, url_needed=starts)
    check_destinations(Connector, fields)
    _check_times(fields)
    for field in PATHS:
        jsonpaths.check(fields.get(field, ""), field=field)
    for field in ("done_values", "failed_values"):
        _check_values(fields.get(field, []), field)
    _check_tables(fields.get("tables", []))
    if not starts and not polled:
        raise Invalid("A system that starts by itself is polled: nobody tells it where to report to.", field="finish")
    if polled:
        _check_status(fields, starts)


def _check_status(fields: Mapping[str, Any], starts: bool) -> None:
    """Raise `Invalid` unless the status URL's answer can tell the end of a sync."""
    url = fields.get("status_url", "")
    check_url(url, field="status_url", names=NAMES - {"secret", "report_url"} | {"id"})
    if "{id}" in url and not (starts and fields.get("id_path")):
        raise Invalid("Where {id} comes from is told by id_path, and only a system that is started tells one.", field="id_path")
    if fields.get("synced_path"):
        return
    if not starts:
        raise Invalid("Of a system that starts by itself only the time of its last sync tells the end.", field="synced_path")
    if not fields.get("state_path"):
        raise Invalid("Either state_path or synced_path is needed to see the end of a sync.", field="state_path")
    if not fields.get("done_values"):
        raise Invalid("Which states mean that the sync is over?", field="done_values")


def _check_times(fields: Mapping[str, Any]) -> None:
    if not SHORTEST_POLL <= fields.get("poll_interval", 600) <= LONGEST_POLL:
        raise Invalid(f"From {SHORTEST_POLL:g} to {LONGEST_POLL:g} seconds.", field="poll_interval")
    if not 1 <= fields.get("max_polls", 144) <= MOST_POLLS:
        raise Invalid(f"From 1 to {MOST_POLLS}.", field="max_polls")
    if fields.get("fresh", Fresh.DAY) not in Fresh.values:
        raise Invalid(f"One of {', '.join(Fresh.values)}.", field="fresh")
    if zone := fields.get("timezone", ""):
        find_zone(zone)


def _check_values(values: Any, field: str) -> None:
    if not isinstance(values, list) or not all(isinstance(value, str | int | float | bool) for value in values):
        raise Invalid("A list of texts, numbers or booleans.", field=field)


def _check_tables(tables: Any) -> None:
    if not isinstance(tables, list) or len(tables) > MOST_TABLES or not all(isinstance(table, str) for table in tables):
        raise Invalid(f"A list of up to {MOST_TABLES} names of tables.", field="tables")
