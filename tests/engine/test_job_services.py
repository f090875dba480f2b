"""The one writer of Jobs: what goes together, what does not, and what an edit changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from dags import services as graphs
from dags.models import Job, Project
from jobs import derive, kinds, services, warehouse
from jobs.errors import InvalidJob, JobInUse, JobNameTaken, JobNotFound, TableTaken, WorkflowCycle
from jobs.models import Sheet
from runs import spec
from tests import factories
from tests.engine import warehouses

pytestmark = pytest.mark.django_db

CRM = "https://crm.example/sync"


@pytest.fixture
def project(db: None) -> Project:
    return factories.project()


@pytest.fixture
def with_warehouse() -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        yield project


def _sheet(project: Project, name: str, **fields: Any) -> Job:
    row = {"project": project, "name": name, "source": "a.csv", "table": name, **fields}
    return services.create_jobs("sheet", [row])[0]


def _workflow(project: Project, name: str, reads: str, **fields: Any) -> Any:
    sql = " UNION ".join(f"SELECT 1 FROM {table}" for table in reads.split()) or "SELECT 1"
    return services.create_jobs("workflow", [{"project": project, "name": name, "sql": sql, "table": name, **fields}])[0]


def test_a_job_is_created_with_what_its_kind_found_out(project: Project) -> None:
    made = _workflow(project, "w", "b a")
    made.refresh_from_db()
    assert (made.kind, made.reads, made.state) == ("workflow", ["a", "b"], "update")


def test_names_are_unique_in_a_project(project: Project) -> None:
    _sheet(project, "a")
    with pytest.raises(JobNameTaken):
        _sheet(project, "a", table="b")
    other = _sheet(project, "b")
    with pytest.raises(JobNameTaken):
        services.update_jobs("sheet", {other.pk: {"name": "a"}})
    _sheet(factories.project(), "a")


def test_a_table_is_filled_by_one_job_only(project: Project) -> None:
    _sheet(project, "orders")
    with pytest.raises(TableTaken, match="The sheet 'orders' fills the table orders already") as caught:
        _workflow(project, "w", "", table="orders")
    assert caught.value.field == "table"
    with pytest.raises(TableTaken) as caught:
        services.create_jobs("connector", [{"project": project, "name": "crm", "url": CRM, "tables": ["x", "orders"]}])
    assert caught.value.field == "tables"
    other = _sheet(project, "other")
    with pytest.raises(TableTaken):
        services.update_jobs("sheet", {other.pk: {"table": "orders"}})
    assert _sheet(factories.project(), "orders")


def test_two_of_one_call_cannot_fill_one_table(project: Project) -> None:
    row = {"project": project, "source": "a.csv", "table": "orders"}
    with pytest.raises(TableTaken):
        services.create_jobs("sheet", [{**row, "name": "a"}, {**row, "name": "b"}])
    assert not Job.objects.filter(project=project).exists()


def test_a_circle_of_workflows_is_refused_with_its_path(project: Project) -> None:
    first = _workflow(project, "a", "")
    _workflow(project, "b", "a")
    _workflow(project, "c", "b")
    with pytest.raises(WorkflowCycle, match="in a circle: a -> b -> c -> a") as caught:
        services.update_jobs("workflow", {first.pk: {"sql": "SELECT * FROM c"}})
    assert caught.value.field == "sql"
    first.refresh_from_db()
    assert first.reads == []


def test_only_what_changes_the_definition_counts_as_a_change(project: Project) -> None:
    job = _sheet(project, "a")
    Job.objects.filter(pk=job.pk).update(changed_at=F("changed_at") - timedelta(hours=1))
    job.refresh_from_db()
    before = job.changed_at
    for harmless in ({"name": "b"}, {"is_scheduled": True}, {"description": "x"}, {"source": "a.csv"}, {}):
        (job,) = services.update_jobs("sheet", {job.pk: harmless})
    job.refresh_from_db()
    assert (job.changed_at, job.name, job.is_scheduled) == (before, "b", True)
    (job,) = services.update_jobs("sheet", {job.pk: {"source": "b.csv"}})
    assert job.changed_at > before


def test_a_job_stays_in_its_project(project: Project) -> None:
    job = _sheet(project, "a")
    with pytest.raises(InvalidJob) as caught:
        services.update_jobs("sheet", {job.pk: {"project": factories.project()}})
    assert caught.value.field == "project"


def test_what_is_not_there_is_not_found(project: Project) -> None:
    job = _sheet(project, "a")
    for act in (lambda: services.update_jobs("workflow", {job.pk: {}}), lambda: services.delete_jobs([job.pk, 0])):
        with pytest.raises(JobNotFound):
            act()


def test_a_job_that_a_graph_runs_stays(project: Project) -> None:
    job, free = _sheet(project, "a"), _sheet(project, "b")
    task = {"name": "t", "driver": "job", "configs": {"job": job.pk}}
    (graph,) = graphs.create_graphs([{"name": "nightly", "project": project, "tasks": [task]}])
    with pytest.raises(JobInUse, match="Tasks of nightly run this job") as caught:
        services.delete_jobs([job.pk, free.pk])
    assert caught.value.facts == {"graphs": [graph.pk]}
    graphs.delete_graphs([graph.pk])
    services.delete_jobs([job.pk, free.pk])
    assert not Job.objects.filter(project=project).exists()
    assert not Sheet.objects.filter(project=project).exists()


@pytest.mark.django_db(transaction=True)
def test_a_table_goes_with_its_job_only_if_asked(with_warehouse: Project) -> None:
    for name in ("stays", "goes"):
        job = _sheet(with_warehouse, name)
        warehouses.fill(with_warehouse, name, (1, "x"))
        services.delete_jobs([job.pk], drop_tables=name == "goes")
    assert [table.name for table in warehouse.tables(with_warehouse.pk)] == ["stays"]


# --- The graph that follows from the jobs ---


def _edges(derived: derive.Derived) -> list[str]:
    return [f"{edge['task_from']}>{edge['task_to']}" for edge in derived.edges]


def test_workflows_come_after_what_fills_what_they_read(project: Project) -> None:
    _workflow(project, "Top 10", "counts", table="top")
    _workflow(project, "counts", "orders deals file")
    _sheet(project, "orders")
    services.create_jobs("connector", [{"project": project, "name": "CRM", "url": CRM, "tables": ["deals", "people"]}])
    services.create_jobs("upload", [{"project": project, "name": "f", "file": "f", "size": 1, "table": "file"}])
    _workflow(factories.project(), "elsewhere", "orders")
    derived = derive.derive(project.pk)
    assert [task["key"] for task in derived.tasks] == ["top_10", "counts", "orders", "crm"]
    assert _edges(derived) == ["counts>top_10", "orders>counts", "crm>counts"]
    assert {task["trigger_rule"] for task in derived.tasks} == {"none_failed"}


def test_the_order_of_what_is_scheduled_goes_through_what_is_not(project: Project) -> None:
    _sheet(project, "a", is_scheduled=True)
    _workflow(project, "b", "a")
    _workflow(project, "c", "b", is_scheduled=True)
    _workflow(project, "d", "b")
    derived = derive.derive(project.pk, scheduled_only=True)
    assert [task["key"] for task in derived.tasks] == ["a", "c"]
    assert _edges(derived) == ["a>c"]


def test_keys_are_unique_whatever_the_names(project: Project) -> None:
    for name, table in (("Orders!", "a"), ("orders", "b"), ("???", "c"), ("!!!", "d")):
        _sheet(project, name, table=table)
    assert [task["key"] for task in derive.derive(project.pk).tasks] == ["orders", "orders_2", "task", "task_2"]


def test_it_can_be_saved_as_a_graph_and_written_as_a_spec(project: Project) -> None:
    _sheet(project, "a")
    _workflow(project, "b", "a")
    derived = derive.derive(project.pk)
    (graph,) = graphs.create_graphs([{"name": "derived", "project": project, "tasks": derived.tasks, "edges": derived.edges}])
    assert graph.tasks.count() == 2
    written = spec.write(name="derived", tasks=derived.tasks_by_key, edges=derived.edge_tuples)
    assert [task["key"] for task in written["tasks"]] == ["a", "b"]
    assert written["edges"] == [[0, 1]]


def test_a_project_without_jobs_has_an_empty_graph(project: Project, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(len(kinds.KINDS)):
        assert derive.derive(project.pk).tasks == []
