"""Submitting job specs: who may, what is launched, what it waits for, and how far each part of it has come."""

from __future__ import annotations

import copy
import uuid
from typing import Any

import pytest
import yaml

from api.models import AuditEntry
from dags.models import Project
from runs.models import GraphRun
from scheduler import dispatch, engine
from scheduler.specs import placing
from scheduler.specs.examples import SPEC
from scheduler.work import succeeded, waiting
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/scheduler/job-spec/submit/"
DOWNLOADS = {
    "name": "downloads",
    "nodeAssignments": [{"name": "srv", "role": "database"}, {"name": "cli", "role": "loader"}],
    "pipelines": [{"name": "get", "stages": ["get"]}, {"name": "use", "stages": ["use"]}],
    "stages": [
        {
            "name": "get",
            "selectors": [{"name": "srv"}, {"name": "cli"}],
            "tasks": [{"name": "fetch", "driver": "shell", "shell": {"command": "true"}}],
        },
        {
            "name": "use",
            "selectors": [{"name": "cli"}],
            "tasks": [{"name": "run", "driver": "shell", "shell": {"command": "curl {{.Nodes.srv.Ip}}"}}],
        },
    ],
}


@pytest.fixture
def project() -> Project:
    return factories.project()


@pytest.fixture(autouse=True)
def without_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ring_on_commit", list)


def submitted(client: Any, project: Project, spec: Any = SPEC, **head: str) -> Any:
    return client.post(f"{PATH}?project={project.pk}", factories.as_json(spec), content_type="application/json", headers=head)


def walker(*queues: str) -> engine.Walker:
    return engine.Walker(worker=uuid.uuid4(), queues=queues, rung_on=queues[0])


def test_a_spec_becomes_an_execution_that_waits_for_its_nodes(project: Project) -> None:
    answer = submitted(factories.client(), project)

    assert answer.status_code == 201
    told = answer.json()
    assert (told["name"], told["dag"], told["project"], told["state"]) == ("pingpong", None, project.pk, "PENDING")
    assert (told["trigger"], told["tasks"], told["placement"]) == ("manual", [], None)
    assert told["labels"] == {"owner": "demo", "owner_type": "user"}
    assert told["waiting_for"] == {"code": "nodes", "message": placing.WAITS, "until": None}
    entry = AuditEntry.objects.get(action="job_spec.submit")
    assert (entry.project_id, entry.facts) == (project.pk, {"execution": told["graph_id"]})


def test_yaml_is_taken_too_and_a_deadline_is_kept(project: Project) -> None:
    text = yaml.safe_dump({**SPEC, "deadline": 60})
    answer = factories.client().post(f"{PATH}?project={project.pk}", text, content_type="application/yaml")
    assert answer.status_code == 201
    assert answer.json()["waiting_for"]["until"] is not None


def test_all_faults_of_a_spec_are_told_and_nothing_is_launched(project: Project) -> None:
    spec = copy.deepcopy(SPEC)
    spec["stages"][0]["tasks"][0]["driver"] = "none"
    spec["pipelines"][1]["stages"] = ["nowhere"]
    answer = submitted(factories.client(), project, spec)
    assert answer.status_code == 400
    assert {one["path"] for one in answer.json()["errors"]} >= {"pipelines[1].stages[0]", "stages[0].tasks[0].driver"}
    assert not GraphRun.objects.exists()


def test_the_same_key_submits_once(project: Project) -> None:
    client = factories.client()
    first, second = (submitted(client, project, **{"Idempotency-Key": "once"}) for _ in range(2))
    assert first.json()["graph_id"] == second.json()["graph_id"]
    assert GraphRun.objects.count() == 1
    other = submitted(client, project, {**SPEC, "name": "other"}, **{"Idempotency-Key": "once"})
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("role", "commands", "status"), [("author", True, 201), ("author", False, 403), ("viewer", False, 403)]
)
def test_it_takes_the_right_to_run_and_the_right_to_write_commands(
    project: Project, role: str, commands: bool, status: int
) -> None:
    client = factories.client(user=factories.member(role, project, commands=commands))
    assert submitted(client, project).status_code == status
    assert GraphRun.objects.exists() == (status == 201)


def test_a_project_of_others_does_not_exist(project: Project) -> None:
    client = factories.client(user=factories.member("admin", factories.project(), commands=True))
    answer = submitted(client, project)
    assert (answer.status_code, list(answer.json())) == (400, ["project"])


def test_a_spec_without_a_project_belongs_to_the_default_one() -> None:
    answer = factories.client().post(PATH, factories.as_json(DOWNLOADS), content_type="application/json")
    assert answer.status_code == 201
    assert Project.objects.get(pk=answer.json()["project"]).name == "default"


def test_its_parts_tell_how_far_they_have_come(project: Project) -> None:
    client = factories.client()
    run = submitted(client, project, DOWNLOADS).json()["graph_id"]
    path = f"/scheduler/execution/{run}/groups/"
    assert {one["state"] for one in client.get(path).json()} == {"PENDING"}
    factories.node("n1", roles=["database"], ip="10.0.0.1")
    factories.node("n2", roles=["loader"], ip="10.0.0.2")
    placing.place()
    shown = client.get(f"/scheduler/execution/{run}/").json()
    assert {name: node["name"] for name, node in shown["placement"].items()} == {"srv": "n1", "cli": "n2"}
    assert (shown["waiting_for"], shown["reason"]) == (None, None)

    [claim] = engine.begin(run, walker("node.n1"))
    engine.settle(run, [(claim.id, claim.attempt, succeeded(None))], cause="test")

    told = {"/".join(one["path"]): one for one in client.get(path).json()}
    assert [(name, one["kind"], one["state"]) for name, one in told.items()] == [
        ("get", "pipeline", "RUNNING"),
        ("get/get", "stage", "RUNNING"),
        ("get/get/srv", "node", "SUCCESS"),
        ("get/get/srv/fetch", "task", "SUCCESS"),
        ("get/get/cli", "node", "PENDING"),
        ("get/get/cli/fetch", "task", "QUEUED"),
        ("use", "pipeline", "PENDING"),
        ("use/use", "stage", "PENDING"),
        ("use/use/cli", "node", "PENDING"),
        ("use/use/cli/run", "task", "PENDING"),
    ]
    assert told["get/get"]["counts"] == {"SUCCESS": 1, "QUEUED": 1}
    assert told["get/get/srv"]["completed_at"] == told["get/get/srv/fetch"]["completed_at"] is not None
    assert told["get/get/srv/fetch"]["task_id"] == claim.id


def test_parts_of_two_thousand_tasks_take_as_many_queries_as_those_of_few(
    project: Project, django_assert_num_queries: Any
) -> None:
    client = factories.client()
    factories.node("n1", ip="10.0.0.1")
    for count in (2, 2000):
        tasks = [{"name": f"t{n}", "driver": "shell", "shell": {"command": "true"}} for n in range(count)]
        stage = {"name": "many", "selectors": [{"name": "srv"}], "tasks": tasks}
        spec = {**DOWNLOADS, "nodeAssignments": [{"name": "srv"}], "stages": [stage]}
        spec["pipelines"] = [{"name": "all", "stages": ["many"]}]
        run = submitted(client, project, spec).json()["graph_id"]
        assert placing.place() == [run]
        client.get(f"/scheduler/execution/{run}/groups/")
        with django_assert_num_queries(3):
            told = client.get(f"/scheduler/execution/{run}/groups/").json()
        assert len(told) == count + 3
        engine.cancel([run], cause="test")


def test_a_service_is_shown_since_when_it_serves(project: Project) -> None:
    client = factories.client()
    run = submitted(client, project).json()["graph_id"]
    for name, role in (("n1", "database"), ("n2", "loader")):
        factories.node(name, roles=[role], ip="10.0.0.1")
    placing.place()
    [claim] = engine.begin(run, walker("node.n1", "node.n2", "default"))
    engine.settle(run, [(claim.id, claim.attempt, waiting("running", ready=True))], cause="test")

    told = {one["name"]: one for one in client.get(f"/scheduler/execution/{run}/groups/").json() if one["kind"] == "task"}

    assert (told["http"]["state"], told["http"]["ready_at"] is not None) == ("WAITING", True)
    assert told["autogen-0"]["ready_at"] is None


def test_of_a_graph_of_its_own_there_are_tasks_alone(project: Project) -> None:
    run = factories.run({"a": "SUCCESS", "b": "RUNNING"})
    told = factories.client().get(f"/scheduler/execution/{run.pk}/groups/").json()
    assert [(one["kind"], one["path"], one["state"]) for one in told] == [
        ("task", ["A"], "SUCCESS"),
        ("task", ["B"], "RUNNING"),
    ]
