"""Workflows: made anew when something they depend on has changed, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from dags.models import Job, Project
from jobs import freshness, kinds, services, warehouse, workflows
from jobs.models import Workflow
from jobs.queries import BadQuery
from jobs.running import Done, JobError, NothingToDo
from tests.engine import warehouses

pytestmark = pytest.mark.django_db

CRM = "https://crm.example/sync"


@pytest.fixture
def project(db: None) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        yield project


@pytest.fixture
def orders(project: Project) -> Job:
    """Return a sheet that has filled the table orders."""
    (sheet,) = services.create_jobs("sheet", [{"project": project, "name": "the orders", "source": "a.csv", "table": "orders"}])
    _fill(project)
    return sheet


def _fill(project: Project, *names: str) -> None:
    warehouses.fill(project, "orders", *enumerate(names or ("anne", "anne", "bob"), start=1))


def _workflow(project: Project, name: str, sql: str) -> Workflow:
    (made,) = services.create_jobs("workflow", [{"project": project, "name": name, "sql": sql, "table": name}])
    assert isinstance(made, Workflow)
    return made


def _run(workflow: Workflow, **params: Any) -> Any:
    """Run a workflow as the engine would; a success is rolled up to it."""
    begun = timezone.now()
    workflow.refresh_from_db()
    end = workflows.run(workflow, warehouses.running(params=params))
    if isinstance(end, Done):
        Job.objects.filter(pk=workflow.pk).update(succeeded_at=begun)
        workflow.refresh_from_db()
    return end


COUNTS = "SELECT name, count(*) AS orders\nFROM orders GROUP BY name ORDER BY name"


def test_it_makes_a_table_of_what_its_query_finds(project: Project, orders: Job) -> None:
    end = _run(_workflow(project, "counts", COUNTS))
    assert end == Done({"table": "counts", "rows": 2, "why": ["it has never succeeded"]})
    assert warehouses.rows(project, "counts") == [["anne", 2], ["bob", 1]]


def test_it_has_nothing_to_do_when_nothing_has_changed_and_says_what_it_looked_at(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    end = _run(counts)
    assert isinstance(end, NothingToDo)
    assert end.reason.startswith("up to date: its SQL and what it reads (orders) have not changed since 20")
    assert workflows.why_out_of_date(counts) == []


def test_force_makes_it_in_any_case(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    assert _run(counts, force=True).value["why"] == ["it was forced"]


def test_new_rows_in_what_it_reads_are_a_reason(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    _fill(project, "carl")
    assert _run(counts).value["why"] == ["orders has been filled again"]
    assert warehouses.rows(project, "counts") == [["carl", 1]]


def test_rows_that_came_while_it_ran_are_a_reason_for_the_next_run(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    _fill(project)
    Job.objects.filter(pk=counts.pk).update(succeeded_at=timezone.now() + timedelta(hours=1))  # clocks do not matter
    counts.refresh_from_db()
    assert workflows.why_out_of_date(counts) == ["orders has been filled again"]


def test_an_edit_of_its_sql_is_a_reason_and_one_of_its_name_is_not(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    services.update_jobs("workflow", {counts.pk: {"name": "new name", "is_scheduled": True}})
    assert isinstance(_run(counts), NothingToDo)
    services.update_jobs("workflow", {counts.pk: {"sql": COUNTS + " LIMIT 1"}})
    assert _run(counts).value["why"] == ["it was edited since its last success"]


def test_a_table_that_is_gone_is_a_reason(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    warehouse.drop_tables(project.pk, ["counts"])
    assert _run(counts).value["why"] == ["its table counts is gone"]


def test_a_table_made_by_something_else_is_a_reason(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    warehouses.fill(project, "counts", (1, "x"))
    assert _run(counts).value["why"] == ["its table counts was made by something else"]


def test_what_asks_for_the_time_is_never_up_to_date(project: Project, orders: Job) -> None:
    recent = _workflow(project, "recent", "SELECT * FROM orders WHERE now() > '2026-01-01'")
    _run(recent)
    assert _run(recent).value["why"] == ["its SQL asks for the time or for chance"]


def test_being_out_of_date_is_passed_on(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    top = _workflow(project, "top", "SELECT * FROM counts LIMIT 1")
    last = _workflow(project, "last", "SELECT * FROM top")
    for workflow in (counts, top, last):
        _run(workflow)
    assert workflows.why_out_of_date(last) == []
    _fill(project, "carl")
    assert workflows.why_out_of_date(last) == ["it reads top, and top is out of date"]
    _run(counts)
    _run(top)
    assert workflows.why_out_of_date(last) == ["top has been filled again"]


def test_an_upload_that_was_edited_is_a_reason(project: Project) -> None:
    fields = {
        "project": project,
        "name": "file",
        "file": "a.csv",
        "file_name": "a.csv",
        "size": 1,
        "digest": "0",
        "table": "rows",
    }
    (upload,) = services.create_jobs("upload", [fields])
    warehouses.fill(project, "rows", (1, "x"))
    Job.objects.filter(pk=upload.pk).update(succeeded_at=F("changed_at") + timedelta(seconds=1))
    copy = _workflow(project, "copy", "SELECT * FROM rows")
    _run(copy)
    assert workflows.why_out_of_date(copy) == []
    Job.objects.filter(pk=upload.pk).update(succeeded_at=F("changed_at") - timedelta(seconds=1))
    assert workflows.why_out_of_date(copy) == ["it reads rows, and file has not been imported since its last edit"]


def test_a_connector_that_has_synced_is_a_reason_though_its_table_is_the_same(project: Project) -> None:
    (crm,) = services.create_jobs("connector", [{"project": project, "name": "crm", "url": CRM, "tables": ["deals"]}])
    warehouses.fill(project, "deals", (1, "x"))
    copy = _workflow(project, "copy", "SELECT * FROM deals")
    _run(copy)
    assert workflows.why_out_of_date(copy) == []
    Job.objects.filter(pk=crm.pk).update(succeeded_at=timezone.now())
    assert workflows.why_out_of_date(copy) == ["deals has been filled again"]


def test_its_parents_are_the_jobs_that_fill_what_it_reads(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    both = _workflow(project, "both", "SELECT 1 FROM counts, orders, nobodys")
    assert [parent.pk for parent in workflows.parents(both)] == [orders.pk, counts.pk]


@pytest.mark.parametrize(
    ("sql", "said", "place"),
    [
        ("SELECT name\nFROM orders\nWHERE nme = 'x'", 'column "nme" does not exist (line 3, column 7)', (3, 7)),
        ("SELECT * FROM\n  nowhere", 'relation "nowhere" does not exist (line 2, column 3)', (2, 3)),
        ("SELECT 'ü' AS a, id / 0 FROM orders", "division by zero", None),
        ("SELECT 1 AS a, 2 AS a", 'column "a" specified more than once', None),
        ("SELECT name::bigint FROM orders", 'invalid input syntax for type bigint: "anne"', None),
    ],
)
def test_a_query_that_fails_leaves_the_table_and_shows_the_message_with_its_place(
    project: Project, orders: Job, sql: str, said: str, place: tuple[int, int] | None
) -> None:
    counts = _workflow(project, "counts", COUNTS)
    _run(counts)
    services.update_jobs("workflow", {counts.pk: {"sql": sql}})
    with pytest.raises(JobError) as caught:
        _run(counts)
    assert caught.value.message == said
    assert caught.value.permanent
    assert (caught.value.facts.get("line"), caught.value.facts.get("column")) == (place or (None, None))
    assert warehouses.rows(project, "counts") == [["anne", 2], ["bob", 1]]
    assert [table.name for table in warehouse.tables(project.pk)] == ["counts", "orders"]


def test_sql_that_came_past_the_check_at_saving_is_checked_again(project: Project, orders: Job) -> None:
    counts = _workflow(project, "counts", COUNTS)
    Workflow.objects.filter(pk=counts.pk).update(sql="SELECT * FROM public.auth_user")
    with pytest.raises(JobError, match="another schema") as caught:
        _run(counts)
    assert caught.value.permanent


def test_a_percent_sign_or_a_comment_at_the_end_do_no_harm(project: Project, orders: Job) -> None:
    names = _workflow(project, "names", "SELECT name FROM orders WHERE name LIKE 'a%' OR name = '{}' -- %s")
    assert _run(names).value["rows"] == 2


def test_a_workflow_cannot_read_what_it_makes(project: Project) -> None:
    with pytest.raises(BadQuery, match="It reads counts, the table that it makes"):
        _workflow(project, "counts", "SELECT * FROM counts")


@pytest.mark.parametrize("left", ["", "{", "[]", '{"sql": 1, "read": {}}', '{"sql": "x"}', "null"])
def test_a_note_that_is_not_ours_is_not_believed(left: str) -> None:
    assert freshness._read_note(left) is None


def test_looking_costs_the_same_for_one_workflow_and_for_many(
    project: Project, orders: Job, django_assert_num_queries: Any
) -> None:
    counts = _workflow(project, "counts", COUNTS)
    for number in range(5):
        _workflow(project, f"more_{number}", "SELECT * FROM counts")
    with django_assert_num_queries(len(kinds.KINDS) + 1):
        workflows.why_out_of_date(counts)
