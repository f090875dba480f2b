"""Job specs from a terminal: planned, refused line by line, and handed to the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduler.spec_examples import SPEC
from tests.cli.calling import call, done
from tests.conftest import Service

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


@pytest.mark.parametrize("command", [["plan"], ["spec", "plan"]])
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
