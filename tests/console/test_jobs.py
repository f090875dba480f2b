"""The job pages: lists, one job, and an upload that is looked at before it is saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.models import AuditEntry
from console.pages import jobs, upload
from dags.models import Job
from jobs import tables
from jobs.importing import looking, workbooks
from jobs.models import Upload
from runs.models import GraphRun, JobRun
from tests import factories
from tests.fuzz.naughty import STRINGS
from tests.workbooks import sheet, workbook

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
BROKEN = b"name;amount\nAda;1\nGrace\nMary;2;3\n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def project() -> Any:
    return factories.project("Harvest")


def shown(client: Client, path: str = "/jobs/", **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def sent(project: Any, content: bytes = BROKEN, file_name: str = "people.csv", **fields: Any) -> dict[str, Any]:
    form = {
        "name": "people",
        "table": "people",
        "project": project.pk,
        "format": "auto",
        "has_header": "on",
        "max_bad_rows": "0",
    }
    return {**form, **fields, "file": SimpleUploadedFile(file_name, content)}


def faults(answer: Any) -> dict[str, list[str]]:
    return json.loads(answer.headers["HX-Trigger"])["faults"]["by_field"]


# --- Lists ---


def test_jobs_are_found_and_paged(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "SHOWN", 2)
    project = factories.project()
    for kind in ("sheet", "upload", "connector", "workflow", "api"):
        factories.job_of(kind, project, name=f"the {kind}")
    Job.objects.filter(kind="api").update(state="error")
    seen: list[str] = []
    before: Any = ""
    for _ in range(3):
        page = boss.get(f"/jobs/?before={before}").context["page"]
        seen += [job.kind for job in page.rows]
        before = page.following
    assert (seen, before) == (["api", "workflow", "connector", "upload", "sheet"], None)
    for asked, name in (("q=THE+sheet", "the sheet"), ("kind=workflow", "the workflow"), ("state=error", "the api")):
        text = shown(boss, f"/jobs/?{asked}", **HTMX, **{"HX-Target": "jobs"})
        assert f">{name}</a>" in text
        assert text.count('class="job"') == 1, asked
    assert "No job fits." in shown(boss, "/jobs/?q=nothing")


@pytest.mark.parametrize("asked", ["state=odd", "kind=odd", "project=x", "before=x", "q=%00"])
def test_a_question_that_makes_no_sense_is_told(boss: Client, asked: str) -> None:
    assert boss.get(f"/jobs/?{asked}").status_code == 400


def test_what_is_another_projects_is_not_there(signed_in: Callable[..., Client], project: Any) -> None:
    theirs = factories.job_of("sheet", name="their job")
    admin = signed_in("admin", project)
    assert "their job" not in shown(admin)
    assert admin.get(f"/jobs/{theirs.pk}/").status_code == 404
    for path in (f"{theirs.pk}/run", f"{theirs.pk}/delete"):
        assert admin.post(f"/jobs/{path}/").status_code == 404
    for path in ("check", "create"):
        assert admin.post(f"/jobs/upload/{path}/", sent(theirs.project)).status_code == 404


def test_a_viewer_changes_nothing(signed_in: Callable[..., Client], project: Any) -> None:
    job = factories.job_of("sheet", project)
    viewer = signed_in("viewer", project)
    for path in ("/jobs/", f"/jobs/{job.pk}/"):
        text = shown(viewer, path)
        assert "Upload a file" not in text
        assert "<button>Delete" not in text
    for path in (f"{job.pk}/run", f"{job.pk}/delete"):
        assert viewer.post(f"/jobs/{path}/").status_code == 403
    for path in ("check", "create"):
        assert viewer.post(f"/jobs/upload/{path}/", sent(project)).status_code == 403


# --- One job ---


def test_a_job_tells_what_it_does_and_no_secret(boss: Client, project: Any) -> None:
    job = factories.job_of("api", project, secret="s3cr3t-word", headers={"Accept": "<b>text</b>"})
    text = shown(boss, f"/jobs/{job.pk}/")
    for part in ("https://api.example/rates", "stored, never shown", "&lt;b&gt;text", "Nothing has filled it yet."):
        assert part in text, part
    assert "s3cr3t-word" not in text


def test_a_workflow_tells_why_it_is_out_of_date(boss: Client, project: Any) -> None:
    parent = factories.job_of("sheet", project, table="orders", name="the orders")
    job = factories.job_of("workflow", project, sql="SELECT 1 < 2 AS x FROM orders", reads=["orders"])
    text = shown(boss, f"/jobs/{job.pk}/")
    assert "SELECT 1 &lt; 2 AS x FROM orders" in text
    assert f'<a href="/jobs/{parent.pk}">the orders</a>' in text
    assert "Out of date" in text


def test_the_first_rows_and_the_bad_ones_are_text(boss: Client, project: Any, monkeypatch: Any) -> None:
    job = factories.job_of("connector", project, tables=["orders", "parts"])
    rows = {"columns": [{"name": "<i>x</i>", "type": "text"}], "rows": [["<script>alert(1)</script>"], [None]]}
    monkeypatch.setattr(tables, "first_rows", lambda job, table, limit: {"table": table or "orders", **rows})
    run = factories.run({"a": "FAILED"})
    bad = [{"line": 3, "error": "<u>1 cell</u> for 2 columns"}]
    JobRun.objects.filter(graph_run=run).update(job=job, errors={"error": "1 bad row", "bad_rows": bad, "bad_row_count": 1})
    text = shown(boss, f"/jobs/{job.pk}/?table=parts")
    assert "First rows of parts" in text
    assert '<td class="number">3</td><td>&lt;u&gt;1 cell' in text
    for part in ("<script>alert", "<i>x", "<u>1"):
        assert part not in text


def test_a_run_is_looked_at_until_it_ends(boss: Client, project: Any) -> None:
    job = factories.job_of("sheet", project)
    for state, at_work in (("RUNNING", True), ("SUCCESS", False)):
        JobRun.objects.filter(graph_run=factories.run({"a": state})).update(job=job)
        text = shown(boss, f"/jobs/{job.pk}/", **HTMX, **{"HX-Target": "job"})
        assert ("data-at-work" in text) is at_work
        assert "<html" not in text


def test_text_of_users_is_text(boss: Client, project: Any) -> None:
    kept = [text for text in STRINGS if "\x00" not in text and text.encode("utf-8", "ignore").decode() == text]
    for number, text in enumerate([*kept, "<script>alert(1)</script>", '"><svg onload=alert(1)>']):
        job = factories.job_of("upload", project, name=f"{number} {text}"[:200], description=text, file_name=text[:200])
    for path in ("/jobs/", f"/jobs/{job.pk}/", "/jobs/upload/"):
        text = shown(boss, path)
        for part in ("<script>alert", "<svg onload", " style=", " onclick"):
            assert part not in text, (path, part)


def test_a_job_is_run_and_deleted_and_it_is_written_down(signed_in: Callable[..., Client], project: Any) -> None:
    job = factories.job_of("sheet", project, name="prices")
    author = signed_in("author", project)
    answer = author.post(f"/jobs/{job.pk}/run/", {"force": "1"}, follow=True)
    run = GraphRun.objects.get()
    assert f"prices runs as #{run.pk}." in answer.content.decode()
    assert (run.params, run.trigger) == ({"force": True}, "job")
    assert AuditEntry.objects.get(action="job.run").facts == {"execution": run.pk}
    answer = author.post(f"/jobs/{job.pk}/delete/", headers={**HTMX, "HX-Current-URL": f"http://testserver/jobs/{job.pk}/"})
    assert answer.headers["HX-Redirect"] == "/jobs"
    assert not Job.objects.exists()


def test_a_job_that_a_graph_runs_is_kept(boss: Client, project: Any) -> None:
    job = factories.job_of("sheet", project)
    graph = factories.graph(name="orders", project=project)
    graph.tasks.create(name="a", key="a", driver="job", configs={"job": job.pk})
    answer = boss.post(f"/jobs/{job.pk}/delete/", headers=HTMX)
    assert answer.status_code == 409
    assert "orders" in json.loads(answer.headers["HX-Trigger"])["told"]["text"]
    assert Job.objects.exists()


# --- Uploads ---


def test_a_broken_file_is_told_by_line_and_nothing_is_kept(boss: Client, project: Any, media: Path) -> None:
    text = boss.post("/jobs/upload/check/", sent(project), headers=HTMX).content.decode()
    for part in (
        "2 bad rows",
        '<td class="number">3</td><td>1 cell for 2 columns',
        '<td class="number">4</td>',
        "<td>Ada</td>",
    ):
        assert part in text, part
    allowed = boss.post("/jobs/upload/check/", sent(project, max_bad_rows="2"), headers=HTMX).content.decode()
    assert "It can be imported: 1 row, 2 columns." in allowed
    assert not Job.objects.exists()
    assert not list(media.rglob("*"))
    assert not AuditEntry.objects.filter(action__startswith="job.").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 bytes"),
        (b"%PDF-1.4 x", "a PDF"),
        (b"a,b\n1,\xff\n", "Line 2 is not UTF-8"),
        (b'a,b\n1,"2\n', "a quote is opened and never closed"),
        (b"a,b\n", "no rows below the header"),
        (b"1,2\n3,4\n", "is no header"),
        (b"<html>", "a web page"),
        (b"PK\x03\x04damaged", "a damaged archive"),
    ],
)
def test_what_is_no_table_says_what_it_is(boss: Client, project: Any, content: bytes, said: str) -> None:
    assert said in boss.post("/jobs/upload/check/", sent(project, content), headers=HTMX).content.decode()


def test_a_workbook_is_looked_at(boss: Client, project: Any) -> None:
    content = workbook({"one": sheet([["name", "amount"], ["<b>Ada</b>", 1]])})
    text = boss.post("/jobs/upload/check/", sent(project, content, "people.xlsx"), headers=HTMX).content.decode()
    assert "It can be imported: 1 row, 2 columns." in text
    assert "<td>&lt;b&gt;Ada" in text


def test_a_workbook_that_takes_too_long_is_not_waited_for(boss: Client, project: Any, tmp_path: Path, monkeypatch: Any) -> None:
    slow = tmp_path / "slow.py"
    limits = f"import resource, runpy, sys\nlimit = runpy.run_path({workbooks._PROGRAM!r})['_limit']\n"
    slow.write_text(f"{limits}limit(resource.RLIMIT_CPU, int(sys.argv[3]))\nwhile True: pass")
    monkeypatch.setattr(workbooks, "_PROGRAM", str(slow))
    monkeypatch.setattr(looking, "SECONDS", 1)
    sends = sent(project, workbook({"one": sheet([["name"], ["Ada"]])}), "people.xlsx")
    text = boss.post("/jobs/upload/check/", sends, headers=HTMX).content.decode()
    assert "The workbook takes more than 1 s to read." in text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cell_range": "nonsense"}, "cell_range"),
        ({"encoding": "morse"}, "encoding"),
        ({"delimiter": "x"}, "delimiter"),
        ({"format": "odd"}, "format"),
        ({"max_bad_rows": "x"}, "max_bad_rows"),
        ({"max_bad_rows": "-1"}, "max_bad_rows"),
        ({"project": ""}, "project"),
        ({"file": ""}, "file"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss: Client, project: Any, fields: dict[str, str], field: str) -> None:
    for path in ("check", "create"):
        answer = boss.post(f"/jobs/upload/{path}/", {**sent(project), **fields}, headers=HTMX)
        assert (answer.status_code, list(faults(answer))) == (400, [field]), path
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"), [({"table": "Has Space"}, "table"), ({"name": ""}, "name"), ({"name": "taken"}, "name")]
)
def test_what_cannot_be_saved_leaves_no_file(boss: Client, project: Any, media: Path, fields: Any, field: str) -> None:
    factories.job_of("sheet", project, name="taken")
    answer = boss.post("/jobs/upload/create/", sent(project, **fields), headers=HTMX)
    assert (answer.status_code, list(faults(answer))) == (400, [field])
    assert not [file for file in media.rglob("*") if file.is_file()]


def test_a_large_file_is_not_looked_at(boss: Client, project: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(upload, "MAX_LOOKED_AT", 3)
    assert boss.post("/jobs/upload/check/", sent(project), headers=HTMX).status_code == 413


def test_an_upload_is_saved_and_imported(signed_in: Callable[..., Client], project: Any) -> None:
    author = signed_in("author", project)
    form = sent(project, delimiter=";", max_bad_rows="2", description="of this year", then="run")
    answer = author.post("/jobs/upload/create/", form, headers=HTMX)
    saved = Upload.objects.get()
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/jobs/{saved.pk}")
    assert (saved.file.read(), saved.delimiter, saved.max_bad_rows, saved.has_header) == (BROKEN, ";", 2, True)
    run = GraphRun.objects.get()
    facts = AuditEntry.objects.get(action="job.create").facts
    assert (facts["name"], facts["execution"]) == ("people", run.pk)
    assert "file" not in facts


# --- Cost ---


@pytest.mark.parametrize("size", [5, 50])
def test_the_number_of_queries_does_not_grow(boss: Client, project: Any, size: int) -> None:
    for _ in range(size):
        job = factories.job_of("sheet", project)
        JobRun.objects.filter(graph_run=factories.run({"a": "SUCCESS"})).update(job=job)
    JobRun.objects.update(job=job)
    for path, count in (("/jobs/", 4), (f"/jobs/{job.pk}/", 6), ("/jobs/upload/", 3)):
        with CaptureQueriesContext(connection) as asked:
            shown(boss, path)
        assert len(asked) == count, (path, [one["sql"][:90] for one in asked])
