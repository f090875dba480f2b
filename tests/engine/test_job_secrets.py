"""The secrets of jobs: kept when they are not given again, and sent nowhere but where they were given for."""

from __future__ import annotations

from typing import Any

import pytest

from api.errors import Invalid
from dags.models import Project
from jobs import services
from jobs.models import Api, Connector

pytestmark = pytest.mark.django_db

URL = "https://api.example.org/things"
TOKENS = {"token_url": "https://login.example.org/token", "client_id": "me"}


@pytest.fixture
def api() -> Api:
    fields = {"name": "a", "url": URL, "table": "a", "auth": "oauth2", "auth_config": TOKENS, "secret": "s3cret"}
    services.create_jobs("api", [{"project": Project.objects.create(name="p"), **fields}])
    return Api.objects.get()


@pytest.mark.parametrize(
    "change",
    [
        {"rows_path": "$.rows"},
        {"url": "https://API.example.org:443/others?a=1"},
        {"url": TOKENS["token_url"]},
        {"auth_config": {**TOKENS, "scope": "all"}},
    ],
)
def test_a_change_keeps_the_secret(api: Api, change: dict[str, Any]) -> None:
    services.update_jobs("api", {api.pk: change})
    assert Api.objects.get().secret.open() == "s3cret"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://evil.example/things"},
        {"url": "http://api.example.org/things"},
        {"url": "https://api.example.org:8443/things"},
        {"auth_config": {**TOKENS, "token_url": "https://evil.example/token"}},
        {"url": "https://evil.example/", "auth": "bearer", "auth_config": {}},
    ],
)
def test_a_new_destination_takes_the_secret_to_be_given_again(api: Api, change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="give it again") as raised:
        services.update_jobs("api", {api.pk: change})
    assert raised.value.field == "secret"
    assert Api.objects.get().url == URL
    services.update_jobs("api", {api.pk: {**change, "secret": "another"}})
    assert Api.objects.get().secret.open() == "another"


def test_a_status_url_is_a_destination_too() -> None:
    fields = {"name": "c", "url": "https://a.example/start", "auth": "bearer", "secret": "s3cret", "state_path": "$.s"}
    (job,) = services.create_jobs("connector", [{"project": Project.objects.create(name="p"), **fields}])
    polled = {"finish": "poll", "done_values": ["done"]}
    with pytest.raises(Invalid, match=r"b\.example:443"):
        services.update_jobs("connector", {job.pk: {**polled, "status_url": "https://b.example/status"}})
    services.update_jobs("connector", {job.pk: {**polled, "status_url": "https://a.example/status"}})
    assert Connector.objects.get().secret.open() == "s3cret"


def test_a_secret_that_is_needed_is_not_taken_away(api: Api) -> None:
    with pytest.raises(Invalid, match="needs a secret"):
        services.update_jobs("api", {api.pk: {"secret": ""}})
    services.update_jobs("api", {api.pk: {"secret": "", "auth": "none", "auth_config": {}}})
    assert not Api.objects.get().secret
