"""The page of a graph as a browser sends it, and as it is read."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from dags.models import Graph

ADD = "/admin/dags/graph/add/"
TASK = {
    "driver": "offline",
    "auto_report": "on",
    "retries": "0",
    "retry_delay": "0",
    "retry_backoff": "1",
    "trigger_rule": "all_success",
    "priority": "0",
}


def page(graph: Graph) -> str:
    return f"/admin/dags/graph/{graph.pk}/change/"


def form(
    tasks: Sequence[Mapping[str, Any]] = (), edges: Sequence[str | Mapping[str, Any]] = (), *, present: int = 0, **fields: Any
) -> dict[str, Any]:
    """Return a whole page; an edge may be written `a>b`; `present` tasks are there already."""
    sent = {"name": "graph", "execution_key": "default", "on_failure": "skip", **fields}
    sent |= _rows("tasks", [{**TASK, **task} for task in tasks], present)
    return sent | _rows("edges", [_edge(edge) for edge in edges], 0)


def _edge(edge: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(edge, str):
        return edge
    start, end = edge.split(">")
    return {"task_from": start, "task_to": end, "condition": "success"}


def _rows(prefix: str, rows: Sequence[Mapping[str, Any]], present: int) -> dict[str, Any]:
    sent = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": present}
    return sent | {f"{prefix}-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}


def shown(client: Client, graph: Graph, **changes: Any) -> dict[str, Any]:
    """Return what a browser would send if it changed nothing on the graph's page but this, by the name of the input."""
    sent: dict[str, Any] = {}
    main = client.get(page(graph)).context["adminform"].form
    for one in (main, main.tasks.management_form, *main.tasks.forms, main.edges.management_form, *main.edges.forms):
        for field in one:
            value = field.value()
            if value is not None and value is not False:
                sent[field.html_name] = "on" if value is True else value
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def saved(response: HttpResponse) -> bool:
    """Tell whether the page was saved; fail with what it says if it was not."""
    assert response.status_code == 302, faults(response)
    return True


def faults(response: Any) -> dict[str, list[str]]:
    """Return every error that the page shows, by the input it stands at."""
    main = response.context["adminform"].form
    found = {name: list(errors) for name, errors in main.errors.items()}
    for rows in (main.tasks, main.edges):
        found |= {rows.prefix: list(rows.non_form_errors())} if rows.non_form_errors() else {}
        for one in rows.forms:
            found |= {one.add_prefix(name): list(errors) for name, errors in one.errors.items()}
    text = re.sub(r"\s+", " ", response.content.decode())
    for messages in found.values():
        for message in messages:
            assert html.escape(message) in text, f"not shown: {message}"
    return found
