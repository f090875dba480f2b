"""Job specs: documents that say which nodes a job needs, and what runs on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from celeriac.client.more_shapes import JobSpecPlan
from celeriac.client.shapes import Execution
from celeriac.client.synchronous.resource import Resource


class Specs(Resource):
    """Job specs: `job-spec/`. A spec is given as YAML text or, as JSON, as a mapping."""

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
        head = {"Accept": accept}
        if isinstance(spec, str):
            head["Content-Type"] = "application/yaml"
            return self._wire.send("POST", path, content=spec.encode(), params={"project": project}, headers=head)
        return self._wire.send("POST", path, json=spec, params={"project": project}, headers=head)
