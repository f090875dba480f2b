"""Schedules: when graphs are launched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Unpack, cast

from celeriac.client.asynchronous.resource import AsyncResource
from celeriac.client.fields import ScheduleFields
from celeriac.client.more_shapes import Fired, Firing, Schedule


class AsyncSchedules(AsyncResource):
    """Schedules: `schedule/`."""

    def list(
        self,
        *,
        graph: int | None = None,
        name: str | None = None,
        project: int | None = None,
        enabled: bool | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Schedule]:
        """Yield schedules, newest first."""
        filters = {"graph": graph, "name": name, "project": project, "enabled": enabled, "search": search}
        return self._wire.rows("/scheduler/schedule/list/", limit, **filters)

    async def get(self, schedule_id: int) -> Schedule:
        """Return a schedule."""
        return cast(Schedule, await self._wire.get(f"/scheduler/schedule/{schedule_id}/"))

    async def create(self, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Create a schedule for a graph."""
        return cast(Schedule, await self._wire.post("/scheduler/schedule/create/", fields))

    async def update(self, schedule_id: int, /, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Change some fields of a schedule."""
        return cast(Schedule, await self._wire.patch(f"/scheduler/schedule/{schedule_id}/", fields))

    async def replace(self, schedule_id: int, /, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Replace a schedule."""
        return cast(Schedule, await self._wire.put(f"/scheduler/schedule/{schedule_id}/", fields))

    async def delete(self, schedule_id: int) -> None:
        """Delete a schedule."""
        await self._wire.delete(f"/scheduler/schedule/{schedule_id}/")

    async def pause(self, schedule_id: int) -> Schedule:
        """Launch nothing until it is resumed."""
        return cast(Schedule, await self._wire.post(f"/scheduler/schedule/{schedule_id}/pause/"))

    async def resume(self, schedule_id: int) -> Schedule:
        """Launch again when it is due."""
        return cast(Schedule, await self._wire.post(f"/scheduler/schedule/{schedule_id}/resume/"))

    async def fire(self, schedule_id: int) -> Fired:
        """Launch now, whether it is due or not."""
        return cast(Fired, await self._wire.post(f"/scheduler/schedule/{schedule_id}/fire/"))

    async def next(self, schedule_id: int, *, count: int | None = None, after: str | None = None) -> Sequence[str]:
        """Return the coming times."""
        found = await self._wire.get(f"/scheduler/schedule/{schedule_id}/next/", count=count, after=after)
        return cast(Sequence[str], found["next"])

    async def preview(
        self, *, count: int | None = None, after: str | None = None, **fields: Unpack[ScheduleFields]
    ) -> Sequence[str]:
        """Return the coming times of a schedule that is not saved."""
        found = await self._wire.post("/scheduler/schedule/preview/", fields, count=count, after=after)
        return cast(Sequence[str], found["next"])

    def firings(
        self,
        schedule_id: int,
        *,
        became: str | Sequence[str] | None = None,
        since: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Firing]:
        """Yield what became of the times at which it was due, newest first."""
        filters = {"became": became, "since": since, "search": search}
        return self._wire.rows(f"/scheduler/schedule/{schedule_id}/firings/", limit, **filters)
