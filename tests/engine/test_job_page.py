"""The examples of docs/jobs.md, taken at their word."""

from __future__ import annotations

import json
import re

import pytest

from dags.models import Project
from jobs import kinds, services
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.django_db

PAGE = (ROOT / "docs" / "jobs.md").read_text()
EXAMPLES = re.findall(r"job/(\w+)/create/ -d '(.*?)'", PAGE, re.DOTALL)


@pytest.mark.parametrize(("kind", "body"), EXAMPLES)
def test_each_example_can_be_saved(kind: str, body: str) -> None:
    services.create_jobs(kind, [{"project": Project.objects.create(name="p"), **json.loads(body)}])


def test_each_kind_has_one() -> None:
    assert {kind for kind, _ in EXAMPLES} | {"upload"} == set(kinds.KINDS)  # an upload comes as a form


def test_the_fields_of_each_kind_are_told() -> None:
    shared = {"id", "job_ptr", "project", "kind", "succeeded_at", "changed_at", "created_at"}
    fields = {
        field.name for name in ("connector", "api") for field in kinds.KINDS[name].model._meta.concrete_fields if field.editable
    }
    assert [name for name in sorted(fields - shared) if not re.search(rf"\b{name}\b", PAGE)] == []
