"""The client: one object, one attribute for each part of the API."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, cast

import httpx

from celeriac.client import places, retrying
from celeriac.client.asynchronous.executions import AsyncExecutions, AsyncReports, AsyncTaskRuns
from celeriac.client.asynchronous.graphs import AsyncEdges, AsyncGraphs, AsyncProjects, AsyncTasks
from celeriac.client.asynchronous.jobs import AsyncJobs
from celeriac.client.asynchronous.planning import AsyncPolicies, AsyncPresets
from celeriac.client.asynchronous.schedules import AsyncSchedules
from celeriac.client.asynchronous.service import AsyncAudit, AsyncMembers, AsyncNodes, AsyncNotifications, AsyncTokens
from celeriac.client.asynchronous.specs import AsyncSpecs
from celeriac.client.asynchronous.wire import AsyncWire

TIMEOUT = 30.0  # seconds for one answer


class AsyncClient:
    """Speaks to one service. Where that is: see `celeriac.client.places`; nothing is sent before the first call."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        retries: int = retrying.RETRIES,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Find the service; raise `NoService` where nothing says where it is."""
        self.place = places.find(url, token)
        self._wire = wire = AsyncWire(self.place, retries=retries, timeout=timeout, transport=transport)
        self.projects, self.graphs = AsyncProjects(wire), AsyncGraphs(wire)
        self.tasks, self.edges = AsyncTasks(wire), AsyncEdges(wire)
        self.executions, self.task_runs, self.reports = AsyncExecutions(wire), AsyncTaskRuns(wire), AsyncReports(wire)
        self.schedules, self.jobs = AsyncSchedules(wire), AsyncJobs(wire)
        self.notifications, self.specs = AsyncNotifications(wire), AsyncSpecs(wire)
        self.policies, self.presets = AsyncPolicies(wire), AsyncPresets(wire)
        self.tokens, self.members, self.audit, self.nodes = (
            AsyncTokens(wire),
            AsyncMembers(wire),
            AsyncAudit(wire),
            AsyncNodes(wire),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._wire.aclose()

    async def request(self, method: str, path: str, *, json: Any = None, params: dict[str, Any] | None = None) -> Any:
        """Send any request, with the same retries and errors; return the answer's JSON, None where it has none."""
        response = await self._wire.send(method, path, json=json, params=params)
        return response.json() if response.content else None

    async def live(self) -> dict[str, Any]:
        """Tell whether the web process answers."""
        return cast(dict[str, Any], await self._wire.get("/health/live/"))

    async def ready(self) -> dict[str, Any]:
        """Tell how database, broker and workers are; raise `ServiceUnavailable` with the `facts` where one is not well."""
        return cast(dict[str, Any], await self._wire.get("/health/ready/"))

    async def metrics(self) -> str:
        """Return the service's metrics, as Prometheus reads them."""
        return await self._wire.text("/metrics/", "text/plain")
