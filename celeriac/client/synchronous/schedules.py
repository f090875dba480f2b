"""Schedules: when graphs are launched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Unpack, cast

from celeriac.client.fields import ScheduleFields
from celeriac.client.more_shapes import Fired, Firing, Schedule
from celeriac.client.synchronous.resource import Resource


class Schedules(Resource):
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
    ) -> Iterator[Schedule]:
        """Yield schedules, newest first."""
        filters = {"graph": graph, "name": name, "project": project, "enabled": enabled, "search": search}
        return self._wire.rows("/scheduler/schedule/list/", limit, **filters)

    def get(self, schedule_id: int) -> Schedule:
        """Return a schedule."""
        return cast(Schedule, self._wire.get(f"/scheduler/schedule/{schedule_id}/"))

    def create(self, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Create a schedule for a graph."""
        return cast(Schedule, self._wire.post("/scheduler/schedule/create/", fields))

    def update(self, schedule_id: int, /, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Change some fields of a schedule."""
        return cast(Schedule, self._wire.patch(f"/scheduler/schedule/{schedule_id}/", fields))

    def replace(self, schedule_id: int, /, **fields: Unpack[ScheduleFields]) -> Schedule:
        """Replace a schedule."""
        return cast(Schedule, self._wire.put(f"/scheduler/schedule/{schedule_id}/", fields))

    def delete(self, schedule_id: int) -> None:
        """Delete a schedule."""
        self._wire.delete(f"/scheduler/schedule/{schedule_id}/")

    def pause(self, schedule_id: int) -> Schedule:
        """Launch nothing until it is resumed."""
        return cast(Schedule, self._wire.post(f"/scheduler/schedule/{schedule_id}/pause/"))

    def resume(self, schedule_id: int) -> Schedule:
        """Launch again when it is due."""
        return cast(Schedule, self._wire.post(f"/scheduler/schedule/{schedule_id}/resume/"))

    def fire(self, schedule_id: int) -> Fired:
        """Launch now, whether it is due or not."""
        return cast(Fired, self._wire.post(f"/scheduler/schedule/{schedule_id}/fire/"))

    def next(self, schedule_id: int, *, count: int | None = None, after: str | None = None) -> Sequence[str]:
        """Return the coming times."""
        found = self._wire.get(f"/scheduler/schedule/{schedule_id}/next/", count=count, after=after)
        return cast(Sequence[str], found["next"])

    def preview(self, *, count: int | None = None, after: str | None = None, **fields: Unpack[ScheduleFields]) -> Sequence[str]:
        """Return the coming times of a schedule that is not saved."""
        found = self._wire.post("/scheduler/schedule/preview/", fields, count=count, after=after)
        return cast(Sequence[str], found["next"])

    def firings(
        self,
        schedule_id: int,
        *,
        became: str | Sequence[str] | None = None,
        since: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Firing]:
        """Yield what became of the times at which it was due, newest first."""
        filters = {"became": became, "since": since, "search": search}
        return self._wire.rows(f"/scheduler/schedule/{schedule_id}/firings/", limit, **filters)
