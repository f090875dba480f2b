"""`job/upload/...`: a file is sent, kept, and never held in memory."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jobs.models import Upload
from tests import factories

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/job/upload/create/"
CONTENT = b"name;amount\nAda;1\n"


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture
def project() -> Any:
    return factories.project()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(client, of, content: bytes = CONTENT, file_name: str = "orders.csv", headers: Any = None, **fields: Any) -> Any:
    form = {"name": "orders", "project": of.pk, "table": "orders", **fields}
    return client.post(CREATE, {**form, "file": SimpleUploadedFile(file_name, content)}, format="multipart", headers=headers)


def stored(media: Path) -> list[Path]:
    return [file for file in media.rglob("*") if file.is_file()]


def test_a_file_is_kept_with_what_is_to_become_of_it(client, project, media) -> None:
    answer = send(client, project, delimiter=";", is_scheduled="true", description="of this year")
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["kind"], shown["name"], shown["project"], shown["table"]) == ("upload", "orders", project.pk, "orders")
    assert (shown["file_name"], shown["size"], shown["delimiter"]) == ("orders.csv", len(CONTENT), ";")
    assert (shown["digest"], shown["is_scheduled"]) == (hashlib.sha256(CONTENT).hexdigest(), True)
    assert "file" not in shown
    assert [file.read_bytes() for file in stored(media)] == [CONTENT]
    assert Upload.objects.get().file.read() == CONTENT
    path = f"/scheduler/job/upload/{shown['id']}/"
    assert client.get(path).json() == shown
    assert client.patch(path, {"name": "renamed"}).json()["name"] == "renamed"


def test_what_a_form_leaves_out_is_at_its_default(client, project) -> None:
    assert send(client, project).json()["has_header"] is True
    assert send(client, project, name="bare", table="bare", has_header="false").json()["has_header"] is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"table": "Robert'); --"}, "table"),
        ({"project": "x"}, "project"),
        ({"project": 10**9}, "project"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"is_scheduled": "perhaps"}, "is_scheduled"),
        ({"sauce": "x"}, "sauce"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_nothing_is_kept(client, project, media, fields, field) -> None:
    answer = send(client, project, **fields)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Upload.objects.exists()
    assert stored(media) == []


def test_json_has_no_file(client, project) -> None:
    answer = client.post(CREATE, {"name": "orders", "project": project.pk, "table": "orders"})
    assert (answer.status_code, list(answer.json())) == (400, ["file"])
    answer = client.post(CREATE, {"name": "orders", "project": project.pk, "table": "orders", "file": "a,b"})
    assert (answer.status_code, list(answer.json())) == (400, ["file"])


def test_a_form_without_a_file_says_so(client, project) -> None:
    answer = client.post(CREATE, {"name": "orders", "project": project.pk, "table": "orders"}, format="multipart")
    assert (answer.status_code, list(answer.json())) == (400, ["file"])


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"--x\r\n\r\n--x--\r\n", b"\xff" * 100]
)
def test_a_broken_form_is_refused(client, body) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary=x;y=(("):
        assert client.generic("POST", CREATE, body, content_type=kind).status_code == 400


def test_a_field_that_occurs_twice_is_refused(client, project) -> None:
    answer = send(client, project, name=["orders", "more"])
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert "'name' occurs twice" in answer.json()["detail"]


def test_other_doors_take_no_forms(client, project) -> None:
    upload = send(client, project).json()
    for path in (f"/scheduler/job/upload/{upload['id']}/", "/scheduler/job/sheet/create/"):
        assert client.post(path, {"name": "x"}, format="multipart").status_code == 415


def test_a_name_that_leads_elsewhere_leads_nowhere(client, project, media) -> None:
    shown = send(client, project, file_name="../../../etc/passwd.csv").json()
    assert shown["file_name"] == "passwd.csv"
    assert [file.resolve().is_relative_to(media) for file in stored(media)] == [True]


def test_a_file_over_the_limit_is_refused(client, project, settings, media) -> None:
    settings.MAX_UPLOAD = 1000
    answer = send(client, project, content=b"x" * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert stored(media) == []


def test_the_same_form_again_is_one_upload_and_another_file_another_request(client, project) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = send(client, project, headers=key), send(client, project, headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    other = send(client, project, content=b"a\n2\n", headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Upload.objects.count() == 1


class Lines(io.RawIOBase):
    """A file of so many bytes that nobody holds."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = b"1\n" * (min(self.left, size if size > 0 else self.left) // 2)
        self.left -= len(piece)
        return piece


@pytest.mark.django_db(transaction=True)
def test_a_large_file_passes_through_without_being_held(server, web_process, project) -> None:
    headers = {"Authorization": f"Token {factories.client().token}"}
    form = {"name": "large", "project": str(project.pk), "table": "large"}
    process = psutil.Process(web_process.pid)
    before, size = process.memory_info().rss, 150 * 1024**2
    lines: Any = Lines(size)
    with httpx.Client(base_url=server, headers=headers, timeout=60, trust_env=False) as browser:
        answer = browser.post(CREATE, data=form, files={"file": ("large.csv", lines)})
    assert (answer.status_code, answer.json()["size"]) == (201, size)
    assert process.memory_info().rss - before < 48 * 1024**2
    Upload.objects.get().file.delete(save=False)
