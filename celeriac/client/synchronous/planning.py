"""Planning: policies, plans, and presets of policies' configs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack, cast

from celeriac.client.planning_shapes import LaunchFields, Plan, Policy, Preset, PresetFields
from celeriac.client.synchronous.resource import Resource

PLAN = "/api/v1/schedule/"


class Policies(Resource):
    """Policies: `/api/v1/`."""

    def list(self) -> Sequence[Policy]:
        """Return the policies, and what each can be told."""
        return cast(Sequence[Policy], self._wire.get("/api/v1/policies/"))

    def plan(
        self,
        policy: str,
        t0: str,
        t1: str,
        *,
        config: Mapping[str, Any] | None = None,
        preset: str | int | None = None,
        blocks: bool = False,
    ) -> Plan:
        """Return the plan of a policy from t0 to t1 (ISO 8601; UTC unless told), with its blocks if asked for."""
        asked = _asked(policy, t0, t1, config=config, preset=preset, form="blocks" if blocks else "commands")
        return cast(Plan, self._wire.post(PLAN, asked))

    def launch(
        self,
        policy: str,
        t0: str,
        t1: str,
        *,
        config: Mapping[str, Any] | None = None,
        preset: str | int | None = None,
        idempotency_key: str | None = None,
        **how: Unpack[LaunchFields],
    ) -> Plan:
        """Plan and launch: an execution that does each block at its time; return the plan with it."""
        asked = {**_asked(policy, t0, t1, config=config, preset=preset, form="blocks"), "launch": how or True}
        return cast(Plan, self._wire.post(PLAN, asked, key=idempotency_key))

    def picture(
        self, policy: str, t0: str, t1: str, *, config: Mapping[str, Any] | None = None, preset: str | int | None = None
    ) -> str:
        """Return the plan drawn as SVG; raise `Invalid` where the policy draws none."""
        asked = _asked(policy, t0, t1, config=config, preset=preset, form="picture")
        return (self._wire.send("POST", PLAN, json=asked)).text


def _asked(policy: str, t0: str, t1: str, **told: Any) -> dict[str, Any]:
    form = told.pop("form")
    return {"t0": t0, "t1": t1, "policy": {"policy": policy, **_given(told)}, "format": form}


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


class Presets(Resource):
    """Presets of policies: `preset/`."""

    def list(
        self,
        *,
        project: int | None = None,
        policy: str | None = None,
        name: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Preset]:
        """Yield presets, newest first."""
        return self._wire.rows("/scheduler/preset/list/", limit, project=project, policy=policy, name=name, search=search)

    def get(self, preset_id: int) -> Preset:
        """Return a preset."""
        return cast(Preset, self._wire.get(f"/scheduler/preset/{preset_id}/"))

    def create(self, **fields: Unpack[PresetFields]) -> Preset:
        """Create a preset."""
        return cast(Preset, self._wire.post("/scheduler/preset/create/", fields))

    def update(self, preset_id: int, /, **fields: Unpack[PresetFields]) -> Preset:
        """Change some fields of a preset."""
        return cast(Preset, self._wire.patch(f"/scheduler/preset/{preset_id}/", fields))

    def replace(self, preset_id: int, /, **fields: Unpack[PresetFields]) -> Preset:
        """Replace a preset."""
        return cast(Preset, self._wire.put(f"/scheduler/preset/{preset_id}/", fields))

    def delete(self, preset_id: int) -> None:
        """Delete a preset."""
        self._wire.delete(f"/scheduler/preset/{preset_id}/")
