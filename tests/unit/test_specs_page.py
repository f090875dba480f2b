"""The examples of docs/job-specs.md, taken at their word."""

from __future__ import annotations

import re

from dags.specs.document import Check, Docker, NodeAssignment, Spec, Stage, Task
from dags.specs.documents import read_yaml
from dags.specs.parsing import parse
from scheduler.specs.examples import SPEC
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/job-specs.md").read_text()


def test_what_the_page_shows_is_a_spec() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert parse(read_yaml(shown.encode())).name == "pingpong"


def test_the_example_is_a_spec() -> None:
    spec = parse(read_yaml((ROOT / "examples/pingpong.yaml").read_bytes()))
    assert [node.name for node in spec.node_assignments] == ["srv", "cli"]


def test_the_example_of_the_api_is_a_spec() -> None:
    assert parse(SPEC).name == "pingpong"


def test_the_page_names_every_field() -> None:
    fields = {name for part in (Spec, NodeAssignment, Stage, Task, Check, Docker) for name in part.model_fields}
    names = {"".join([first, *map(str.title, rest)]) for first, *rest in (name.split("_") for name in fields)}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE and f"`{name}:" not in PAGE] == []
