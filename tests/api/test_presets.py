"""Presets of policies: kept by projects, shipped by the settings, named by requests; and the list of policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from api.models import AuditEntry
from schedules.models import PolicyPreset
from schedules.policies import asking, registry, shipped
from schedules.policies.planning import bounded
from schedules.policies.writing import planned
from tests import factories
from tests.scheduling import database_now

pytestmark = pytest.mark.django_db

PLAN = "/api/v1/schedule/"
RANGE = {"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00"}
NAPS = {"policy": "dummy", "name": "naps", "config": {"seed": 1, "parts": 3}}


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture
def ship(tmp_path: Path) -> Iterator[Any]:
    """Return what loads a file of presets for this test."""

    def load(presets: Any, name: str = "presets.yaml") -> None:
        path = tmp_path / name
        path.write_text(presets if isinstance(presets, str) else json.dumps(presets))
        shipped.load(str(path))

    yield load
    shipped.load("")


def make(client: Any, of: Any = None, **fields: Any) -> Any:
    project = of or factories.project()
    return client.post("/scheduler/preset/create/", {**NAPS, "project": project.pk, **fields})


def sleeps(client: Any, **policy: Any) -> Any:
    answer = client.post(PLAN, {**RANGE, "policy": policy})
    return len(answer.json()["commands"].splitlines()) - 1 if answer.status_code == 200 else answer.json()["message"]


# --- Kept by projects ---


def test_a_preset_is_made_shown_changed_and_deleted(client: Any) -> None:
    made = make(client)
    assert made.status_code == 201
    where = f"/scheduler/preset/{made.json()['id']}/"
    assert client.get(where).json() == made.json()
    assert client.get("/scheduler/preset/list/", {"policy": "dummy"}).json() == [made.json()]
    assert client.get("/scheduler/preset/list/", {"policy": "basic"}).json() == []
    assert client.patch(where, {"config": {"parts": 5}}).json()["config"] == {"parts": 5}
    assert client.delete(where).status_code == 204
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "preset.create",
        "preset.update",
        "preset.delete",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"policy": "nothing"}, "policy", "There is no such policy"),
        ({"config": {"part": 1}}, "config", "Invalid config: unknown key part"),
        ({"config": {"parts": 0}}, "config", "Invalid config: parts: "),
        ({"config": []}, "config", "Must be an object"),
        ({"name": ""}, "name", "This field may not be blank"),
        ({"colour": 1}, "colour", "Unknown field."),
    ],
)
def test_what_is_wrong_with_one_is_told_by_field(client: Any, fields: Any, field: str, message: str) -> None:
    answer = make(client, **fields)
    assert answer.status_code == 400
    assert answer.json()[field][0].startswith(message)


def test_names_are_unique_among_a_policys_presets_in_a_project(client: Any) -> None:
    project = factories.project()
    assert make(client, project).status_code == 201
    answer = make(client, project)
    assert (answer.status_code, list(answer.json())) == (400, ["name"])
    assert make(client).status_code == 201
    other = make(client, project, name="other").json()["id"]
    assert client.patch(f"/scheduler/preset/{other}/", {"name": "naps"}).status_code == 400


# --- Named by requests ---


def test_a_request_names_a_preset_and_lays_its_own_config_over_it(client: Any) -> None:
    made = make(client).json()
    assert sleeps(client, policy="dummy", preset="naps") == 3
    assert sleeps(client, policy="dummy", preset=made["id"]) == 3
    assert sleeps(client, policy="dummy", preset="naps", config={"parts": 7}) == 7
    once, again = (client.post(PLAN, {**RANGE, "policy": {"preset": "naps", "config": {"parts": 7}}}) for _ in range(2))
    assert once.json() == again.json()  # the preset's seed holds beside the request's own parts


def test_a_name_that_several_projects_use_has_to_be_told_apart_by_id(client: Any) -> None:
    make(client)
    second = make(client, config={"parts": 4}).json()
    assert sleeps(client, preset="naps") == "Invalid preset. Several projects have a preset 'naps': name it by its id"
    assert sleeps(client, preset=second["id"]) == 4
    tied = factories.client(project=PolicyPreset.objects.get(pk=second["id"]).project)
    assert sleeps(tied, preset="naps") == 4


def test_a_preset_of_another_project_does_not_exist(client: Any, settings: Any) -> None:
    settings.OPEN_PLANNING = True
    made = make(client).json()
    for other in (factories.nobody(), factories.client(user=factories.member("admin", factories.project()))):
        for named in ("naps", made["id"]):
            assert sleeps(other, preset=named) == f"Invalid preset. The policy dummy has no preset {named!r}"


# --- Shipped by the settings ---


def test_the_settings_ship_presets_and_what_holds_by_default(client: Any, settings: Any, ship: Any) -> None:
    settings.OPEN_PLANNING = True
    ship("dummy:\n  default: {parts: 2}\n  long: {parts: 6}\n")
    nobody = factories.nobody()
    assert [sleeps(nobody, **told) for told in ({}, {"preset": "default"}, {"preset": "long"}, {"config": {"parts": 9}})] == [
        *(2, 2, 6, 9)
    ]
    assert make(client, name="long").json() == {"name": ["The service itself has a preset with this name."]}
    make(client, config={"seed": 1})
    assert sleeps(client, preset="naps") == 2  # laid over the service's own default


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("dummy: [", "cannot be read"),
        ([1], "the file has to be a mapping"),
        ({"basics": {}}, "there is no policy 'basics'"),
        ({"dummy": []}, "dummy has to be a mapping"),
        ({"dummy": {"x": 1}}, r"dummy\.x has to be a mapping"),
        ({"dummy": {"x": {"part": 1}}}, r"dummy\.x: Invalid config: unknown key part"),
        ("dummy: {x: {seed: 2022-01-01}}", r"dummy\.x: "),
    ],
)
def test_a_file_that_is_wrong_keeps_the_service_from_starting(ship: Any, told: Any, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        ship(told)


def test_a_file_that_is_not_there_keeps_the_service_from_starting(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CELERIAC_POLICY_PRESETS: .* cannot be read"):
        shipped.load(str(tmp_path / "nowhere.yaml"))


# --- What is offered ---


def test_policies_are_listed_with_schema_defaults_and_presets(client: Any, ship: Any) -> None:
    ship({"dummy": {"default": {"parts": 2}}})
    made = make(client).json()
    policies = client.get("/api/v1/policies/").json()
    assert [policy["name"] for policy in policies] == registry.names()
    dummy = policies[0]
    assert dummy["description"] == "Sleeps of random lengths that add up to the range."
    assert dummy["config_schema"]["additionalProperties"] is False
    assert dummy["config_schema"]["properties"]["parts"]["default"] is None
    assert dummy["defaults"] == {"seed": None, "parts": 2}
    assert dummy["presets"] == [
        {"id": None, "name": "default", "project": None, "config": {"parts": 2}},
        {"id": made["id"], "name": "naps", "project": made["project"], "config": NAPS["config"]},
    ]
    stranger = factories.client(user=factories.member(None))
    assert stranger.get("/api/v1/policies").json()[0]["presets"] == dummy["presets"][:1]
    assert factories.nobody().get("/api/v1/policies/").status_code == 401


# --- Nothing passes from one request to the next ---


def test_fifty_requests_at_once_with_different_configs_never_influence_one_another() -> None:
    """Each plans in a thread of its own, as requests do, and gets what it gets alone."""
    asked = [
        asking.read({**RANGE, "policy": {"config": {"seed": number, "parts": number % 9 + 1}}}, longest=timedelta(days=1))
        for number in range(50)
    ]
    now = database_now()
    alone = [planned(one, [], now) for one in asked]
    with ThreadPoolExecutor(50) as threads:
        for _ in range(5):
            assert list(threads.map(lambda one: bounded(lambda: planned(one, [{"seed": 0}], now)), asked)) == alone
