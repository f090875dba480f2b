"""Sheets: a file at a URL or path becomes a table, whole or not at all, and only when it has changed."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from api.errors import Invalid
from config import processes
from dags.models import Project
from jobs import sheets, warehouse
from jobs.importing import seeing
from jobs.models import Sheet
from jobs.running import Done, JobError, NothingToDo
from runs.models import GraphRun, JobRun
from scheduler.callables import interrupt
from scheduler.stop import Reason, Stop
from tests.conftest import Service
from tests.engine import warehouses
from tests.receivers import Asked, Receiver, Told, receiving
from tests.running import wait_for
from tests.workbooks import DATE, cell, sheet, workbook

_numbers = itertools.count(1)
ROWS = b"ID,Full name,Amount,Since\n1,Ada,10.50,2024-02-29\n2,Grace,7,2024-03-01\n"


@pytest.fixture
def project(transactional_db: None) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        yield project


@pytest.fixture
def data(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return Path(settings.DATA_DIR)


@pytest.fixture
def web(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.OUTBOUND_ALLOW = [receiver.place]
        yield receiver


def _sheet(project: Project, source: str = "people.csv", **fields: Any) -> Sheet:
    given = {"kind": "sheet", "table": "people", "source": source, **fields}
    return Sheet.objects.create(project=project, name=f"people {next(_numbers)}", **given)


def _run(job: Sheet, **params: Any) -> Done | NothingToDo:
    end = sheets.run(Sheet.objects.get(pk=job.pk), warehouses.running(params=params))
    assert isinstance(end, Done | NothingToDo)
    return end


def _done(job: Sheet, **params: Any) -> dict[str, Any]:
    end = _run(job, **params)
    assert isinstance(end, Done), end
    return dict(end.value)


def _skipped(job: Sheet) -> str:
    end = _run(job)
    assert isinstance(end, NothingToDo), end
    return end.reason


def _types(value: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["type"] for column in value["columns"]}


# --- What becomes of a file ---


def test_a_file_becomes_a_table_with_names_and_types(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS)
    value = _done(_sheet(project))
    assert _types(value) == {"id": "bigint", "full_name": "text", "amount": "numeric", "since": "date"}
    how = ("table", "rows", "format", "encoding", "delimiter", "notes", "bytes")
    assert [value[name] for name in how] == ["people", 2, "csv", "utf-8", "comma", [], len(ROWS)]
    assert warehouses.rows(project, "people") == [[1, "Ada", 10.5, "2024-02-29"], [2, "Grace", 7, "2024-03-01"]]


def test_every_type_arrives_as_it_was_written(project: Project, data: Path) -> None:
    (data / "people.csv").write_text(
        "b,i,n,d,day,at,zoned,code,note\n"
        "true,9223372036854775807,12345678901234567890.5,1e-300,2024-02-29,2024-02-29 10:00,2024-02-29T10:00+02:00,007,\\.\n"
        ' , ,  ,"",,,,,"a ""b"",\n\\.\nc"\n'
        "FALSE,-1,.5,1,0001-01-01,9999-12-31 23:59:59.5,2024-01-01T00:00:00Z,1,=HYPERLINK(1)\n"
    )
    value = _done(_sheet(project))
    assert list(_types(value).values()) == [
        *("boolean", "bigint", "numeric", "double precision", "date", "timestamp", "timestamptz", "text", "text"),
    ]
    with warehouse.connected(project.pk) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT i, n::text, d, zoned::text, code, note FROM people ORDER BY i NULLS LAST")
        found = cursor.fetchall()
    assert found == [
        (-1, "0.5", 1.0, "2024-01-01 00:00:00+00", "1", "=HYPERLINK(1)"),
        (9223372036854775807, "12345678901234567890.5", 1e-300, "2024-02-29 08:00:00+00", "007", "\\."),
        (None, None, None, None, None, 'a "b",\n\\.\nc'),
    ]


def test_a_table_of_one_column_keeps_what_would_end_its_data(project: Project, data: Path) -> None:
    (data / "people.csv").write_text("note\n\\.\n\nlast\n")
    assert _done(_sheet(project))["rows"] == 2
    assert warehouses.rows(project, "people") == [["\\."], ["last"]]


def test_names_are_made_safe_and_unique(project: Project, data: Path) -> None:
    (data / "people.csv").write_text('City,city,,"x""; DROP TABLE people; --",city_2\n1,2,3,4,5\n')
    names = list(_types(_done(_sheet(project))))
    assert len(set(names)) == 5
    assert names[:3] == ["city", "city_2", "column_3"]


def test_a_workbook_is_read_by_tab_and_range(project: Project, data: Path) -> None:
    people = sheet([["People of 2027"], ["id", "name", "since"], [1, "Ada", cell(45000, DATE)], [2, "Grace", None], ["sum", 2]])
    (data / "people.xlsx").write_bytes(workbook({"Other": sheet([["x"], [1]]), "People": people}))
    value = _done(_sheet(project, "people.xlsx", tab="People", cell_range="A2:C4"))
    assert _types(value) == {"id": "bigint", "name": "text", "since": "date"}
    assert warehouses.rows(project, "people") == [[1, "Ada", "2023-03-15"], [2, "Grace", None]]


def test_a_file_without_header_gets_names_by_place(project: Project, data: Path) -> None:
    (data / "people.csv").write_text("1,Ada\n2,Grace\n")
    assert _types(_done(_sheet(project, has_header=False))) == {"column_1": "bigint", "column_2": "text"}


def test_bad_rows_within_the_limit_are_left_out_and_told(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS + b"3,only\n4,Edsger,1,2024-01-01,more\n5,Barbara,2,2024-01-02\n")
    job = _sheet(project, max_bad_rows=2)
    value = _done(job)
    assert (value["rows"], value["bad_row_count"]) == (3, 2)
    assert value["bad_rows"] == [
        {"line": 4, "error": "2 cells for 4 columns"},
        {"line": 5, "error": "5 cells for 4 columns"},
    ]
    assert value["notes"] == ["2 bad rows were left out, the first in line 4"]


# --- What cannot be read leaves the table as it was ---


BAD_FILES = [
    (b"", "0 bytes"),
    (b" \n,,\n", "nothing in the file"),
    (b"id,name\n", "no rows below the header"),
    (b"1,2.5\n2,3.5\n", "no header"),
    (b"id,name\n1\n2,b,c\n", "2 bad rows. The first is in line 2: 1 cell for 2 columns"),
    (b"id,name\n1,\x00\n", "NUL byte"),
    (b"id,name\n1,gr\xf6\xdfe\n", "Line 2 is not UTF-8"),
    (b'id,name\n1,"open\n', "never closed"),
    (",".join(f"c{n}" for n in range(5000)).encode() + b"\n" + b"1," * 4999 + b"1\n", "5,000 columns"),
    (b"c," * 1_000_000 + b"\n", "1,000,001 columns"),
    (b"<!doctype html><title>Sign in - Google Accounts</title>", "a web page"),
    (workbook({"Data": sheet([[]])}), "nothing in the file"),
    (workbook({"Data": sheet([["x" * 60_000_000]])}), "unpack to far more"),
]


def test_a_bad_file_is_told_and_the_table_stays(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS)
    job = _sheet(project)
    _done(job)
    (before,) = warehouse.tables(project.pk)
    for content, why in BAD_FILES:
        (data / "people.csv").write_bytes(content)
        with pytest.raises(JobError, match=why) as error:
            _run(job)
        assert error.value.permanent
        assert warehouse.tables(project.pk) == [before]
    assert len(warehouses.rows(project, "people")) == 2


def test_rows_that_do_not_fit_into_a_page_are_told(project: Project, data: Path) -> None:
    names = ",".join(f"c{n}" for n in range(1500))
    (data / "people.csv").write_text(f"{names}\n{','.join(['1234567'] * 1500)}\n")
    with pytest.raises(JobError, match="row is too big"):
        _run(_sheet(project))


def test_tabs_of_a_csv_file_are_none(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS)
    with pytest.raises(JobError, match="no tabs"):
        _run(_sheet(project, tab="People"))


def test_an_import_that_has_to_end_does_so_at_once_and_leaves_nothing(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS)
    job, stop = _sheet(project), Stop()
    _done(job)
    (data / "people.csv").write_bytes(
        workbook({"Data": sheet([["id", "name"], *([n, f"{n * n * 7919:x}" * 4] for n in range(150_000))])})
    )
    running = replace(warehouses.running(), say=lambda line: timer.start())  # once the file is there
    timer = threading.Timer(0.3, stop.set, [Reason.CANCELLED])
    began = time.monotonic()
    with pytest.raises(interrupt.Interrupted):
        interrupt.call(lambda: sheets.run(Sheet.objects.get(pk=job.pk), running), stop, None, unblock=lambda: None)
    assert time.monotonic() - began < 5
    assert [
        one for one in psutil.Process().children() if processes.alive(one) and "workbook.py" in " ".join(one.cmdline())
    ] == []
    assert len(warehouses.rows(project, "people")) == 2


def test_a_worker_imports_a_workbook_then_finds_it_unchanged(project: Project, service: Service) -> None:
    source = f"{project.pk}.xlsx"
    path = settings.DATA_DIR / source
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook({"Data": sheet([["id", "name"], [1, "Ada"]])}))
    job = _sheet(project, source)
    shown = []
    for _ in range(2):
        run = service.client.post(f"/scheduler/job/sheet/{job.pk}/run/").json()
        wait_for(lambda: GraphRun.objects.filter(completed_at=None).count() == 0, "the end of the import")
        shown.append(JobRun.objects.get(pk=run["id"]))
    assert [(one.state, one.reason) for one in shown] == [
        ("SUCCESS", None),
        ("SKIPPED", shown[1].reason),
    ]
    assert str(shown[1].reason).startswith("unchanged since the last import: last modified at")
    assert shown[0].results["result"]["rows"] == 1
    assert warehouses.rows(project, "people") == [[1, "Ada"]]
    path.unlink()


# --- What has not changed is not imported again ---


def test_an_unchanged_file_is_skipped_by_its_time_then_by_its_content(project: Project, data: Path) -> None:
    (data / "people.csv").write_bytes(ROWS)
    job = _sheet(project)
    _done(job)
    assert "last modified at" in _skipped(job)
    os.utime(data / "people.csv", (1, 1))
    assert "the same content (SHA-256" in _skipped(job)
    assert "last modified at 1970-01-01 00:00:01+00:00" in _skipped(job)
    (data / "people.csv").write_bytes(ROWS.replace(b"Ada", b"Eva"))
    assert _done(job)["rows"] == 2


@pytest.mark.parametrize("change", ["settings", "dropped", "replaced", "force", "never skipped", "crash"])
def test_it_is_imported_again_when_its_table_does_not_stand(project: Project, data: Path, change: str) -> None:
    (data / "people.csv").write_bytes(ROWS)
    job = _sheet(project)
    _done(job)
    if change == "settings":
        Sheet.objects.update(cell_range="A:B")
    elif change == "dropped":
        with warehouse.connected(project.pk) as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE people")
    elif change == "replaced":
        warehouses.fill(project, "people", (1, "x"))
    elif change == "never skipped":
        Sheet.objects.update(skip_unchanged=False)
    elif change == "crash":
        (data / "people.csv").write_bytes(b"id\n9\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seeing, "remember", _dies)
            with pytest.raises(MemoryError):
                _run(job)
        (data / "people.csv").write_bytes(ROWS)  # what `seen` says was imported last: the table holds something else
    assert _done(job, **({"force": True} if change == "force" else {}))["rows"] == 2


def _dies(*args: Any, **facts: Any) -> None:
    raise MemoryError


def test_a_table_that_stands_is_found_by_one_query(project: Project, data: Path, django_assert_num_queries: Any) -> None:
    (data / "people.csv").write_bytes(ROWS)
    _done(_sheet(project))
    job = Sheet.objects.get()
    with django_assert_num_queries(1):
        assert isinstance(sheets.run(job, warehouses.running()), NothingToDo)


# --- Where it comes from ---


def test_a_url_is_asked_whether_it_has_changed(project: Project, web: Receiver) -> None:
    def answers(asked: Asked) -> Told:
        if asked.headers.get("if-none-match") == '"v1"':
            return Told(status=304, body=b"")
        return Told(headers={"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}, body=ROWS)

    web.answers = answers
    job = _sheet(project, web.url("/people.csv"))
    assert _done(job)["rows"] == 2
    assert "if-none-match" not in web.asked[-1].headers
    assert _skipped(job) == "unchanged since the last import: its ETag is the same"
    warehouses.fill(project, "people", (1, "x"))
    assert _done(job)["rows"] == 2
    assert "if-none-match" not in web.asked[-1].headers


def test_a_url_that_tells_nothing_is_known_by_its_content(project: Project, web: Receiver) -> None:
    web.answers = lambda asked: Told(body=ROWS)
    job = _sheet(project, web.url("/people.csv"))
    _done(job)
    assert "the same content" in _skipped(job)


def test_another_answer_is_told_with_its_status(project: Project, web: Receiver) -> None:
    job = _sheet(project, web.url("/people.csv?key=secret"))
    for status, permanent in [(404, True), (403, True), (429, False), (500, False), (304, False)]:
        web.answers = partial(_empty, status)
        with pytest.raises(JobError, match=f"status {status}") as error:
            _run(job)
        assert error.value.permanent is permanent
        assert "secret" not in error.value.message


def _empty(status: int, asked: Asked) -> Told:
    return Told(status=status, body=b"")


def test_private_addresses_are_not_fetched(project: Project, web: Receiver, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(JobError) as error:
        _run(_sheet(project, web.url()))
    assert (error.value.permanent, web.asked) == (True, [])


def test_a_file_larger_than_the_limit_is_not_taken(project: Project, web: Receiver, data: Path, settings: Any) -> None:
    settings.MAX_UPLOAD = 10
    web.answers = lambda asked: Told(body=ROWS)
    (data / "people.csv").write_bytes(ROWS)
    for source in (web.url("/people.csv"), "people.csv"):
        with pytest.raises(JobError, match="more than 10 bytes"):
            _run(_sheet(project, source))


def test_a_path_does_not_lead_out_of_the_data_folder(project: Project, data: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(ROWS)
    (data / "inside.csv").write_bytes(ROWS)
    (data / "file.csv").symlink_to(tmp_path / "secret.csv")
    (data / "folder").symlink_to(tmp_path)
    (data / "circle.csv").symlink_to(data / "circle.csv")
    (data / "link.csv").symlink_to(data / "inside.csv")
    os.mkfifo(data / "pipe.csv")
    for source in ("file.csv", "folder/secret.csv", "../secret.csv", str(tmp_path / "secret.csv")):
        with pytest.raises(JobError, match="leads out of the data folder"):
            _run(_sheet(project, source))
    for source in ("circle.csv", "missing.csv", "inside.csv/x", "."):
        with pytest.raises(JobError, match="data folder") as error:
            _run(_sheet(project, source))
        assert str(tmp_path) not in error.value.message
    with pytest.raises(JobError, match="is no file"):
        _run(_sheet(project, "pipe.csv"))
    assert _done(_sheet(project, "link.csv"))["rows"] == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", "http://127.0.0.1/x.csv"),
        ("source", "http://user:password@example.org/x.csv"),
        ("source", "file:///etc/passwd"),
        ("source", "/etc/passwd"),
        ("source", "../x.csv"),
        ("source", ""),
        ("table", "Bad Name"),
        ("cell_range", "nowhere"),
        ("delimiter", "x"),
        ("encoding", "rot13"),
        ("tab", "a\0b"),
    ],
)
def test_what_could_never_be_imported_is_refused_by_its_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as error:
        sheets.check({field: value})
    assert error.value.field == field
