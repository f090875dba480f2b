"""Projects with a warehouse, for tests: the schema and the role are real, and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.utils import timezone

from dags.models import Project
from jobs import warehouse
from jobs.running import Running
from jobs.warehouse import making
from tests import factories


@contextmanager
def project_with_warehouse() -> Iterator[Project]:
    """Yield a project; drop its warehouse at the end, whatever became of the project's row."""
    project = factories.project()
    try:
        yield project
    finally:
        _drop([project.pk])


@contextmanager
def none_left_behind() -> Iterator[None]:
    """Drop the warehouses of all projects that there are at the end."""
    try:
        yield
    finally:
        _drop(list(Project.objects.values_list("pk", flat=True)))


def _drop(projects: Sequence[int]) -> None:
    with making.serving() as cursor:
        cursor.execute("SET lock_timeout = '5s'")  # a test's own transaction may hold what is dropped here
        for project in projects:
            making._drop(cursor, project)


def running(**options: Any) -> Running:
    """Return what a runner is given; nothing ends it before its time."""
    given: dict[str, Any] = {"say": lambda line: None, "waking": lambda cancel: nullcontext(), "attempt": 1}
    return Running(**{**given, "begun": timezone.now(), **options})


def fill(project: Project, table: str, *rows: tuple[Any, ...], columns: str = "id:bigint name:text") -> None:
    """Put a table with these rows into the project's warehouse."""
    described = [warehouse.Column(*column.split(":")) for column in columns.split()]
    with warehouse.connected(project.pk) as connection:
        warehouse.replace_table(connection, table, described, rows)


def rows(project: Project, table: str) -> list[list[Any]]:
    """Return the table's rows."""
    return warehouse.first_rows(project.pk, table).rows
