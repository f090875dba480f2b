"""The client: one object, one attribute for each part of the API."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, cast

import httpx

from celeriac.client import places, retrying
from celeriac.client.synchronous.executions import Executions, Reports, TaskRuns
from celeriac.client.synchronous.graphs import Edges, Graphs, Projects, Tasks
from celeriac.client.synchronous.jobs import Jobs
from celeriac.client.synchronous.planning import Policies, Presets
from celeriac.client.synchronous.schedules import Schedules
from celeriac.client.synchronous.service import Audit, Members, Nodes, Notifications, Tokens
from celeriac.client.synchronous.specs import Specs
from celeriac.client.synchronous.wire import Wire

TIMEOUT = 30.0  # seconds for one answer


class Client:
    """Speaks to one service. Where that is: see `celeriac.client.places`; nothing is sent before the first call."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        retries: int = retrying.RETRIES,
        timeout: float = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Find the service; raise `NoService` where nothing says where it is."""
        self.place = places.find(url, token)
        self._wire = wire = Wire(self.place, retries=retries, timeout=timeout, transport=transport)
        self.projects, self.graphs = Projects(wire), Graphs(wire)
        self.tasks, self.edges = Tasks(wire), Edges(wire)
        self.executions, self.task_runs, self.reports = Executions(wire), TaskRuns(wire), Reports(wire)
        self.schedules, self.jobs = Schedules(wire), Jobs(wire)
        self.notifications, self.specs = Notifications(wire), Specs(wire)
        self.policies, self.presets = Policies(wire), Presets(wire)
        self.tokens, self.members, self.audit, self.nodes = (
            Tokens(wire),
            Members(wire),
            Audit(wire),
            Nodes(wire),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()

    def request(self, method: str, path: str, *, json: Any = None, params: dict[str, Any] | None = None) -> Any:
        """Send any request, with the same retries and errors; return the answer's JSON, None where it has none."""
        response = self._wire.send(method, path, json=json, params=params)
        return response.json() if response.content else None

    def live(self) -> dict[str, Any]:
        """Tell whether the web process answers."""
        return cast(dict[str, Any], self._wire.get("/health/live/"))

    def ready(self) -> dict[str, Any]:
        """Tell how database, broker and workers are; raise `ServiceUnavailable` with the `facts` where one is not well."""
        return cast(dict[str, Any], self._wire.get("/health/ready/"))

    def metrics(self) -> str:
        """Return the service's metrics, as Prometheus reads them."""
        return self._wire.text("/metrics/", "text/plain")
