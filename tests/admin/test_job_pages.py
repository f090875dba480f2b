"""The pages of jobs: read, written through the services, run; secrets never shown, states never set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.models import AuditEntry
from dags.models import Job, Project
from jobs import warehouse
from jobs.doors import KINDS
from jobs.models import Connector, Upload, Workflow
from jobs.warehouse import Column
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
SECRET = "hunter2-of-the-crm"


def listing(kind: str) -> str:
    return f"/admin/jobs/{kind}/"


def page(job: Any, verb: str = "change") -> str:
    return f"{listing(job.kind)}{job.pk}/{verb}/"


def shown(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """Return what a browser would send if it changed nothing on the page but this."""
    form = client.get(path).context["adminform"].form
    sent = {field.html_name: field.value() for field in form if field.name != "secret"}  # its input is always empty
    sent = {name: "on" if value is True else value for name, value in sent.items() if value is not None and value is not False}
    return {**sent, **changes}


def faults(answer: Any) -> dict[str, Any]:
    return dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_tells_of_jobs_and_finds_them(boss, kind) -> None:
    job, other = factories.job_of(kind, name="needle"), factories.job_of(kind, is_scheduled=True)
    run = factories.job(factories.run({"a": "FAILED"}), "a", job=job)
    text = boss.get(listing(kind)).content.decode()
    assert f"/admin/runs/jobrun/{run.pk}/change/" in text
    for query in ("q=needle", f"project__id__exact={job.project_id}", "is_scheduled__exact=0"):
        found = [one.pk for one in boss.get(f"{listing(kind)}?{query}").context["cl"].result_list]
        assert (job.pk in found, other.pk in found) == (True, False), query


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "upload"])
def test_a_job_is_made_and_changed_on_its_page(boss, kind) -> None:
    own = {} if kind == "connector" else {"table": "orders"}
    new = {"name": "orders", "project": factories.project().pk, **factories.JOBS[kind], **own}
    answer = boss.post(f"{listing(kind)}add/", shown(boss, f"{listing(kind)}add/", **new))
    assert answer.status_code == 302, faults(answer)
    job = KINDS[kind]._default_manager.get()
    assert (job.name, job.kind, job.state) == ("orders", kind, "update")
    answer = boss.post(page(job), shown(boss, page(job), name="renamed", is_scheduled="on", state="done"))
    assert answer.status_code == 302, faults(answer)
    job.refresh_from_db()
    assert (job.name, job.is_scheduled, job.state, job.project_id) == ("renamed", True, "update", new["project"])
    actions = [f"{entry.action} {entry.label}" for entry in AuditEntry.objects.order_by("pk") if entry.action != "login"]
    assert actions == ["job.create orders", "job.update renamed"]
    assert boss.post(page(job, "delete"), {"post": "yes"}).status_code == 302
    assert not Job.objects.exists()


def test_what_the_services_refuse_is_told_at_the_field_and_nothing_is_lost(boss) -> None:
    job = factories.job_of("workflow", table="totals")
    factories.job_of("sheet", job.project, name="orders", table="orders")
    for change, field in (
        ({"sql": "DROP TABLE x"}, "sql"),
        ({"table": "orders"}, "table"),
        ({"table": "No Table"}, "table"),
        ({"name": "orders"}, "name"),
    ):
        answer = boss.post(page(job), shown(boss, page(job), **change))
        assert list(faults(answer)) == [field], change
        assert str(change[field]) in answer.content.decode()
    assert Workflow.objects.get().sql == job.sql


def test_a_file_is_sent_on_a_page(boss, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    new = {"name": "orders", "project": factories.project().pk, "table": "orders"}
    add = f"{listing('upload')}add/"
    answer = boss.post(add, shown(boss, add, **new, file=SimpleUploadedFile("orders.csv", b"a,b\n1,2\n")))
    assert answer.status_code == 302, faults(answer)
    upload = Upload.objects.get()
    assert (upload.file_name, upload.size, upload.file.read()) == ("orders.csv", 8, b"a,b\n1,2\n")
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1
    assert boss.post(page(upload), shown(boss, page(upload), name="renamed")).status_code == 302
    assert Upload.objects.get().name == "renamed"


def test_a_secret_is_typed_and_never_shown(boss) -> None:
    job = factories.job_of("connector")
    assert boss.post(page(job), shown(boss, page(job), auth="bearer", secret=SECRET)).status_code == 302
    assert Connector.objects.get().secret.open() == SECRET
    text = boss.get(page(job)).content.decode()
    assert SECRET not in text
    assert Connector.objects.get().secret.sealed not in text
    assert boss.post(page(job), shown(boss, page(job), name="renamed")).status_code == 302
    assert (Connector.objects.get().name, Connector.objects.get().secret.open()) == ("renamed", SECRET)
    assert SECRET not in str(list(AuditEntry.objects.values_list("facts", flat=True)))


def test_texts_of_users_are_never_markup(boss) -> None:
    job = factories.job_of("workflow", Project.objects.create(name=SCRIPT), name=SCRIPT, sql=f"SELECT '</textarea>{SCRIPT}'")
    for path in (listing("workflow"), page(job), page(job, "delete")):
        text = boss.get(path).content.decode()
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;alert" in text, path


@pytest.mark.django_db(transaction=True)
def test_the_first_rows_of_its_table_are_shown_escaped(boss) -> None:
    job = factories.job_of("sheet", table="orders")
    assert "nothing yet" in boss.get(page(job)).content.decode()
    with warehouse.connected(job.project_id) as own:
        warehouse.replace_table(own, "orders", [Column("name", "text")], [[SCRIPT], *([f"row {n}"] for n in range(30))])
    text = boss.get(page(job)).content.decode()
    warehouse.drop(job.project_id)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert len(re.findall(r"<td>row \d+</td>", text)) == 19


def test_jobs_are_run_now(boss) -> None:
    jobs = [factories.job_of("sheet") for _ in range(2)]
    run = {"action": "run_now", "_selected_action": [job.pk for job in jobs]}
    text = boss.post(listing("sheet"), run, follow=True).content.decode()
    runs = list(GraphRun.objects.order_by("pk"))
    assert [(one.trigger, one.name) for one in runs] == [("job", job.name) for job in jobs]
    assert all(f"/admin/runs/graphrun/{one.pk}/change/" in text for one in runs)
    assert AuditEntry.objects.filter(action="job.run").count() == 2


def test_running_takes_a_permission(staff) -> None:
    job = factories.job_of("sheet")
    run = {"action": "run_now", "_selected_action": [job.pk]}
    staff("view_sheet", "change_sheet").post(listing("sheet"), run)
    assert not GraphRun.objects.exists()
    staff("view_sheet", "add_graphrun").post(listing("sheet"), run)
    assert GraphRun.objects.count() == 1


def test_a_job_that_a_graph_names_stays(boss) -> None:
    job = factories.job_of("sheet")
    graph = factories.graph(project=job.project, name="nightly")
    graph.tasks.create(name="load", key="load", driver="job", configs={"job": job.pk})
    text = boss.post(page(job, "delete"), {"post": "yes"}, follow=True).content.decode()
    assert "nightly" in text
    assert Job.objects.filter(pk=job.pk).exists()
