"""Job specs: documents that say which nodes a job needs, and what runs on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from celeriac.client.more_shapes import JobSpecPlan
from celeriac.client.shapes import Execution
from celeriac.client.synchronous.resource import Resource


class Specs(Resource):
    """Job specs: `job-spec/`. A spec is given as text, YAML or JSON, or as a mapping."""

    def plan(self, spec: str | Mapping[str, Any], *, project: int | None = None) -> JobSpecPlan:
        """Check a spec, and return what would run where; raise `Invalid`, whose `facts["errors"]` tell all its faults."""
        response = self._send("/scheduler/job-spec/plan/", spec, "application/json", project)
        return cast(JobSpecPlan, response.json())

    def echo(self, spec: str | Mapping[str, Any]) -> str:
        """Check a spec, and return what would run where as lines of text."""
        return cast(str, (self._send("/scheduler/job-spec/plan/", spec, "text/plain")).text)

    def submit(self, spec: str | Mapping[str, Any], *, project: int | None = None) -> Execution:
        """Run a spec as soon as there are nodes for it; return the execution."""
        response = self._send("/scheduler/job-spec/submit/", spec, "application/json", project)
        return cast(Execution, response.json())

    def _send(self, path: str, spec: str | Mapping[str, Any], accept: str, project: int | None = None) -> Any:
        body = spec if isinstance(spec, str) else json.dumps(spec)
        head = {"Accept": accept, "Content-Type": _media_type(body)}
        return self._wire.send("POST", path, content=body.encode(), params={"project": project}, headers=head)


def _media_type(text: str) -> str:
    """Return what a spec is written in: JSON where it can be read as such."""
    try:
        json.loads(text)
    except ValueError:
        return "application/yaml"
    return "application/json"
