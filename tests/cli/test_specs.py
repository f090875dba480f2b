"""Job specs from a terminal: planned, refused line by line, and handed to the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import commands
from runs.models import GraphRun
from scheduler.specs.examples import SPEC
from tests.cli.calling import call, done
from tests.conftest import Service
from tests.running import running

BROKEN = {**SPEC, "stages": [*SPEC["stages"], {"name": "ping", "selelectors": []}]}
FAULTS = [
    ("stages[3].name", "The name 'ping' is taken by stages[1]."),
    ("stages[3].selelectors", "Unknown field 'selelectors'. Did you mean 'selectors'?"),
    ("stages[3].tasks", "At least one is needed."),
]


def write(spec: Any, name: str = "job.yaml") -> Path:
    file = Path.cwd() / name
    file.write_text(json.dumps(spec) if name.endswith("json") else yaml.safe_dump(spec, sort_keys=False))
    return file


@pytest.mark.parametrize("command", [["plan"], ["spec", "plan"]])
@pytest.mark.parametrize("name", ["job.yaml", "job.json"])
def test_a_plan_is_shown(here: Service, command: list[str], name: str) -> None:
    assert done(*command, write(SPEC, name)).lines == [
        "nodes",
        "  srv (database) -> no node now: there are no nodes",
        "  cli (loader) -> no node now: there are no nodes",
        "1. serve",
        "   server on srv, long running",
        "     autogen-0: http (shell, long running)",
        "2. ping",
        "   ping on cli",
        "     autogen-0 (shell)",
        "3. stop",
        "   stop on srv, stopper",
        "     autogen-0 (stopper)",
        "critical path (3 tasks): server/http > ping/autogen-0 > stop/autogen-0",
    ]


def test_a_plan_is_shown_as_json_and_as_an_echo(here: Service) -> None:
    file = write(SPEC)
    assert done("plan", file, "--json").json["critical_path"]["length"] == 3
    assert done("plan", file, "--echo").lines[0] == "execute stage server on node srv"
    assert done("plan", "-", "--echo", stdin=file.read_text()).lines[1] == "task driver SHELL"


@pytest.mark.parametrize("command", [["plan"], ["spec", "plan"], ["spec", "submit"]])
def test_every_fault_is_a_line_with_its_path(here: Service, command: list[str]) -> None:
    said = call(*command, write(BROKEN))
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [f"Error: {path}: {message}" for path, message in FAULTS]


def test_faults_speak_json(here: Service) -> None:
    said = call("plan", write(BROKEN), "--json")
    told = json.loads(said.err)
    assert (said.code, told["exit_code"], told["error"]) == (2, 2, "The job spec has 3 faults.")
    assert told["errors"] == [{"path": path, "message": message} for path, message in FAULTS]


def test_what_is_no_file_or_no_text_is_refused_with_one_line(here: Service) -> None:
    (Path.cwd() / "picture.yaml").write_bytes(b"\xff\xfe\x00")
    for arguments, code in ((["nowhere.yaml"], 2), (["picture.yaml"], 2), (["job.yaml", "--echo", "--json"], 2)):
        write(SPEC)
        said = call("plan", *arguments)
        assert (said.code, len(said.err.splitlines())) == (code, 1)


def shell(command: str, **fields: Any) -> dict[str, Any]:
    return {"driver": "shell", "shell": {"command": command}, **fields}


RUNS = {
    "name": "runs",
    "owner": {"name": "me"},
    "nodeAssignments": [{"name": "srv", "role": "any", "labels": {"here": "yes"}}],
    "pipelines": [{"name": "p", "stages": ["one", "two"]}],
    "stages": [
        {"name": "one", "tasks": [shell("echo {{.Nodes.srv.Name}}", name="t")]},
        {"name": "two", "tasks": [shell("exit 3")]},
    ],
}


def test_a_spec_without_nodes_waits_says_why_and_is_aborted(here: Service) -> None:
    told = done("spec", "submit", write(RUNS), "--json").json
    number = told["graph_id"]
    assert (told["state"], told["labels"]) == ("PENDING", {"owner": "me"})
    said = done("spec", "status", number)
    assert said.lines[0].endswith(f"pending (execution {number})")
    assert "srv" in said.lines[1]
    assert done("spec", "status", number, "--json").json["groups"][0]["name"] == "p"
    assert "cancelled" in done("spec", "abort", number).lines[0]
    assert call("spec", "status", number).code == 1
    assert call("spec", "status", 999_999).code == call("spec", "abort", 999_999).code == 2


def test_a_submitted_spec_says_what_it_waits_for(here: Service) -> None:
    first, second = done("spec", "submit", write(RUNS)).lines
    assert "pending" in first
    assert "waits for its nodes" in second


def test_a_spec_is_watched_to_its_end_and_told_part_by_part(here: Service, surroundings: dict[str, str]) -> None:
    told = {"CELERIAC_NODE": "cli-node", "CELERIAC_LABELS": "here=yes", **surroundings}
    with running(commands.worker(["default"], "cli-node", 1), "worker-cli-node", **told):
        said = call("spec", "submit", write(RUNS), "--wait")
    assert said.code == 1, said.err
    number = GraphRun.objects.get(name="runs").pk
    lines = [line.strip() for line in call("spec", "status", number).lines]
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "pipeline p",
        "stage one",
        "node srv",
        "task t",
        "stage two",
        "node srv",
        "task autogen-0",
    ]
    assert lines[1].split("  ")[1].startswith("failed")
    assert lines[2].split("  ")[1].startswith("success in ")
