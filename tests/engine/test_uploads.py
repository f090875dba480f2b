"""Uploads: a file that was sent becomes a table once."""

from __future__ import annotations

import hashlib
import itertools
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from dags.models import Project
from jobs import kinds, uploads, warehouse
from jobs.models import Upload
from jobs.running import Done, JobError, NothingToDo
from tests.engine import warehouses

_numbers = itertools.count(1)
ROWS = b"id|name\n1|Ada\n2|Grace\n"


@pytest.fixture
def project(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Project]:
    settings.MEDIA_ROOT = tmp_path
    with warehouses.project_with_warehouse() as project:
        yield project


def _upload(project: Project, content: bytes = ROWS, **fields: Any) -> Upload:
    return Upload.objects.create(
        project=project,
        kind="upload",
        name=f"people {next(_numbers)}",
        table="people",
        file=ContentFile(content, "people.csv"),
        file_name="people.csv",
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        **fields,
    )


def _run(upload: Upload, **params: Any) -> Any:
    return uploads.run(Upload.objects.get(pk=upload.pk), warehouses.running(params=params))


def test_it_is_imported_once(project: Project) -> None:
    upload = _upload(project)
    end = _run(upload)
    assert isinstance(end, Done)
    assert {name: end.value[name] for name in ("rows", "delimiter", "file")} == {
        "rows": 2, "delimiter": "pipe", "file": "people.csv",
    }  # fmt: skip
    again = _run(upload)
    assert isinstance(again, NothingToDo)
    assert again.reason.startswith("imported already, at 20")


@pytest.mark.parametrize("delimiter", ["", "\t", "|", ","])
def test_the_delimiter_is_told_or_found_out(project: Project, delimiter: str) -> None:
    content = ROWS.replace(b"|", (delimiter or "\t").encode())
    assert [column["name"] for column in _run(_upload(project, content, delimiter=delimiter)).value["columns"]] == [
        "id",
        "name",
    ]


@pytest.mark.parametrize("change", ["settings", "table", "force"])
def test_it_is_imported_again_only_for_a_reason(project: Project, change: str) -> None:
    upload = _upload(project)
    _run(upload)
    if change == "settings":
        Upload.objects.update(has_header=False)
    elif change == "table":
        with warehouse.connected(project.pk) as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE people")
    assert isinstance(_run(upload, **({"force": True} if change == "force" else {})), Done)


def test_a_stored_file_that_is_gone_or_another_one_is_told(project: Project) -> None:
    upload = _upload(project)
    Path(upload.file.path).write_bytes(ROWS + b"3|Eve\n")
    with pytest.raises(JobError, match="not the one that was sent"):
        _run(upload)
    Path(upload.file.path).unlink()
    with pytest.raises(JobError, match="is gone"):
        _run(upload)


def test_bad_rows_are_told_with_their_lines(project: Project) -> None:
    with pytest.raises(JobError) as error:
        _run(_upload(project, ROWS + b"3\n"))
    assert error.value.facts == {"bad_row_count": 1, "bad_rows": [{"line": 4, "error": "1 cell for 2 columns"}]}
    assert warehouse.tables(project.pk) == []


def test_stored_files_are_the_services_alone_and_no_url_leads_to_them(project: Project, client: Any) -> None:
    path = Path(_upload(project).file.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client.get(f"/{path.name}").status_code == client.get(f"/media/uploads/{path.name}").status_code == 404


def test_the_file_goes_with_its_upload_once_that_is_certain(project: Project) -> None:
    upload = _upload(project)
    path = Path(upload.file.path)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Upload.objects.all().delete()
        raise ZeroDivisionError
    assert path.exists()
    Upload.objects.all().delete()
    assert not path.exists()


def test_uploads_are_no_part_of_a_projects_runs() -> None:
    assert (kinds.KINDS["upload"].in_graph, kinds.KINDS["sheet"].in_graph) == (False, True)
