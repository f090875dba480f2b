"""Jobs: sheets, uploads, connectors, workflows and APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, cast

from celeriac.client import answers
from celeriac.client.asynchronous.resource import AsyncResource
from celeriac.client.more_shapes import Job, JobRun, Rows
from celeriac.client.shapes import JobKind


class AsyncJobs(AsyncResource):
    """Jobs of every kind: `job/`. What a kind takes is told by the service's OpenAPI document."""

    def list(
        self,
        kind: JobKind | None = None,
        *,
        project: int | None = None,
        state: str | None = None,
        is_scheduled: bool | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Job]:
        """Yield jobs, newest first; with a kind also the keys of that kind."""
        filters = {"project": project, "state": state, "is_scheduled": is_scheduled, "search": search}
        return self._wire.rows(f"/scheduler/job/{kind}/list/" if kind else "/scheduler/job/list/", limit, **filters)

    async def get(self, kind: JobKind, job_id: int) -> Job:
        """Return a job."""
        return cast(Job, await self._wire.get(f"/scheduler/job/{kind}/{job_id}/"))

    async def create(self, kind: JobKind, **fields: Any) -> Job:
        """Create a job; for an upload see `upload`."""
        return cast(Job, await self._wire.post(f"/scheduler/job/{kind}/create/", fields))

    async def upload(self, file: IO[bytes], file_name: str, **fields: Any) -> Job:
        """Create an upload from a file."""
        form = {name: _as_form(value) for name, value in fields.items() if value is not None}
        content = file.read()  # so that it can be sent again
        answer = await self._wire.send("POST", "/scheduler/job/upload/create/", data=form, files={"file": (file_name, content)})
        return cast(Job, answers.value(answer))

    async def update(self, kind: JobKind, job_id: int, **fields: Any) -> Job:
        """Change some fields of a job."""
        return cast(Job, await self._wire.patch(f"/scheduler/job/{kind}/{job_id}/", fields))

    async def replace(self, kind: JobKind, job_id: int, **fields: Any) -> Job:
        """Replace a job."""
        return cast(Job, await self._wire.put(f"/scheduler/job/{kind}/{job_id}/", fields))

    async def delete(self, kind: JobKind, job_id: int) -> None:
        """Delete a job."""
        await self._wire.delete(f"/scheduler/job/{kind}/{job_id}/")

    async def run(self, job_id: int, *, kind: JobKind | None = None, params: Mapping[str, Any] | None = None) -> JobRun:
        """Run a job on its own."""
        return cast(JobRun, await self._wire.post(f"{_path(job_id, kind)}run/", {"params": params or {}}))

    def runs(self, job_id: int, *, kind: JobKind | None = None, limit: int | None = None) -> AsyncIterator[JobRun]:
        """Yield the runs of a job, newest first."""
        return self._wire.rows(f"{_path(job_id, kind)}runs/", limit)

    async def rows(self, kind: JobKind, job_id: int, *, table: str | None = None, limit: int | None = None) -> Rows:
        """Return rows of the job's table."""
        return cast(Rows, await self._wire.get(f"/scheduler/job/{kind}/{job_id}/rows/", table=table, limit=limit))


def _path(job_id: int, kind: JobKind | None) -> str:
    return f"/scheduler/job/{kind}/{job_id}/" if kind else f"/scheduler/job/{job_id}/"


def _as_form(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
