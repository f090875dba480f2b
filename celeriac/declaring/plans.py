"""What has to change on the service for it to be as documents say: found first, shown or done afterwards."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from celeriac.client import Client
from celeriac.client.shapes import GraphRow
from celeriac.declaring import checks, files
from celeriac.declaring.documents import SCHEDULE, Document, changed_fields, document, graph_fields, like
from celeriac.errors import CeleriacError


class Unclear(CeleriacError):
    """It is not clear which job or project a document means."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """`verb` is create, update, delete or keep; `diff` the lines of it; `act` does it."""

    verb: str
    what: str
    diff: list[str]
    act: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A service: what is there, and how it is changed."""

    client: Client
    prune: bool


def plan(client: Client, documents: Sequence[Document], *, prune: bool = False) -> list[Change]:
    """Return what has to change. Pruning deletes what the documents do not name: schedules of their jobs, and other jobs
    of their projects."""
    place = _Place(client=client, prune=prune)
    found = [_found(client, wanted) for wanted in documents]
    changes = [*_projects(client, documents)]
    changes += [_changed(place, wanted, row) for wanted, row in zip(documents, found, strict=True)]
    return [*changes, *_pruned(client, [row for row in found if row])] if prune else changes


def read(client: Client, row: GraphRow, project: str | None = None) -> Document:
    """Return a job of the service as a document."""
    graph = cast(Mapping[str, Any], client.graphs.get(row["graph_id"]))
    schedules = cast(list[Mapping[str, Any]], list(client.schedules.list(graph=row["graph_id"])))
    return document(graph, schedules, project)


def _found(client: Client, wanted: Document) -> GraphRow | None:
    """Return the job that a document means, None where there is none yet."""
    project = _project(client, wanted["project"]) if wanted["project"] else None
    if wanted["project"] and project is None:
        return None
    rows = [row for row in client.graphs.list(name=wanted["name"], project=project) if row["name"] == wanted["name"]]
    if len(rows) > 1:
        raise Unclear(f"{len(rows)} jobs are named {wanted['name']!r}: a document with `project` says which it means.")
    return rows[0] if rows else None


def _project(client: Client, name: str) -> int | None:
    found = [project["id"] for project in client.projects.list(name=name) if project["name"] == name]
    if len(found) > 1:
        raise Unclear(f"{len(found)} projects are named {name!r}.")
    return found[0] if found else None


def _projects(client: Client, documents: Sequence[Document]) -> Iterator[Change]:
    """Yield the projects that are named and not there yet."""
    for name in dict.fromkeys(one["project"] for one in documents if one["project"]):
        if _project(client, name) is None:
            yield Change(verb="create", what=f"project {name}", diff=[], act=partial(_create_project, client, name))


def _create_project(client: Client, name: str) -> None:
    client.projects.create(name)


def _changed(place: _Place, wanted: Document, row: GraphRow | None) -> Change:
    if row is None:
        diff = list(_difference("", files.write([wanted])))
        checks.check(place.client, wanted)
        return Change(verb="create", what=wanted["name"], diff=diff, act=lambda: _create(place.client, wanted))
    present = like(read(place.client, row, wanted["project"]), wanted)
    if not place.prune:  # what is there beside is left alone, and is no difference
        named = {one["name"] for one in wanted["schedules"]}
        present = {**present, "schedules": [one for one in present["schedules"] if one["name"] in named]}
    diff = list(_difference(files.write([present]), files.write([wanted])))
    checks.check(place.client, wanted, row, present)
    return Change(
        verb="update" if diff else "keep",
        what=wanted["name"],
        diff=diff,
        act=lambda: _update(place.client, row, present, wanted),
    )


def _create(client: Client, wanted: Document) -> None:
    project = {"project": _project(client, wanted["project"])} if wanted["project"] else {}
    graph = client.graphs.create(**graph_fields(wanted), **project)  # type: ignore[arg-type]  # the service checks them
    for schedule in wanted["schedules"]:
        _schedule(client, graph["graph_id"], schedule)


def _schedule(client: Client, graph_id: int, schedule: Document) -> None:
    """Make a schedule; what is at its default goes without saying."""
    client.schedules.create(graph=graph_id, **changed_fields(SCHEDULE, schedule))  # type: ignore[arg-type]


def _update(client: Client, row: GraphRow, present: Document, wanted: Document) -> None:
    """Change what differs and no more: a graph that is rewritten gets a new revision, a schedule a new start."""
    if graph_fields(present) != graph_fields(wanted):
        fields: Any = graph_fields(wanted)
        client.graphs.replace(row["graph_id"], project=row["project"], **fields)
    before = {one["name"]: one for one in present["schedules"]}
    after = {one["name"]: one for one in wanted["schedules"]}
    ids = {one["name"]: one["id"] for one in client.schedules.list(graph=row["graph_id"])}
    for name in before.keys() - after.keys():
        client.schedules.delete(ids[name])
    for name, schedule in after.items():
        if name not in before:
            _schedule(client, row["graph_id"], schedule)
        elif schedule != before[name]:
            client.schedules.update(ids[name], **changed_fields(before[name], schedule))  # type: ignore[arg-type]


def _pruned(client: Client, named: Sequence[GraphRow]) -> Iterator[Change]:
    kept = {row["graph_id"] for row in named}
    for project in sorted({row["project"] for row in named}):
        for row in client.graphs.list(project=project):
            if row["graph_id"] not in kept:
                yield _deletion(client, row)


def _deletion(client: Client, row: GraphRow) -> Change:
    diff = list(_difference(files.write([read(client, row)]), ""))
    return Change(verb="delete", what=row["name"], diff=diff, act=lambda: client.graphs.delete(row["graph_id"]))


def _difference(before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "on the service", "in the file", lineterm="")
    yield from lines
