"""What the service would refuse of a document's schedules: asked before anything is changed, so that nothing is half done."""

from __future__ import annotations

from typing import Any

from celeriac.client import Client, Invalid
from celeriac.client.shapes import GraphRow
from celeriac.declaring.documents import SCHEDULE, Document, changed_fields
from celeriac.declaring.reading import BadDocument
from celeriac.saving import DEFAULT_PROJECT


def check(client: Client, wanted: Document, row: GraphRow | None = None, present: Document | None = None) -> None:
    """Raise `BadDocument` for a schedule whose times make no sense, or whose name another job's has; `row` is the job's."""
    there = {one["name"]: one for one in present["schedules"]} if present else {}
    for schedule in wanted["schedules"]:
        where = f"`{wanted['name']}`: schedule {schedule['name']!r}"
        if schedule != there.get(schedule["name"]):
            _check_times(client, schedule, where)
        if schedule["name"] not in there:
            _check_name(client, schedule["name"], row["project"] if row else _home(client, wanted), row, where)


def _check_times(client: Client, schedule: Document, where: str) -> None:
    told: Any = changed_fields(SCHEDULE, schedule)
    try:
        client.schedules.preview(count=1, **told)
    except Invalid as error:
        raise BadDocument(f"{where}: {error.message}") from error


def _check_name(client: Client, name: str, project: int | None, row: GraphRow | None, where: str) -> None:
    others = client.schedules.list(name=name, project=project) if project is not None else ()
    if any(row is None or other["graph"] != row["graph_id"] for other in others):
        raise BadDocument(f"{where}: another job's schedule in the project has this name already; give it one of its own.")


def _home(client: Client, wanted: Document) -> int | None:
    name = wanted["project"] or DEFAULT_PROJECT
    return next((project["id"] for project in client.projects.list(name=name) if project["name"] == name), None)
