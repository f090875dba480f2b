"""What OpenAPI tells of planning, and how its faults are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from api.schema import IDEMPOTENCY_KEY
from api.telling import crud, example
from schedules.policies import serializers

RANGE = {"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00"}
COMMANDS = "import time\ntime.sleep(661.72)\ntime.sleep(5306.81)\ntime.sleep(1231.47)\n"
OK = {"status": "ok", "commands": COMMANDS, "message": "Success"}
BLOCK = {
    "name": "sleep 1",
    "kind": "sleep",
    "start": "2022-01-01T12:00:00Z",
    "end": "2022-01-01T12:11:01.720000Z",
    "commands": ["time.sleep(661.72)"],
    "details": {"seconds": 661.72},
}
PRESET = {
    "id": 3,
    "project": 1,
    "policy": "dummy",
    "name": "naps",
    "description": "Always the same ones.",
    "config": {"seed": 1, "parts": 3},
    "created_at": "2027-01-01T06:50:31.520896Z",
}
POLICY = {
    "name": "dummy",
    "description": "Sleeps of random lengths that add up to the range.",
    "config_schema": {"type": "object", "properties": {"parts": {"type": "integer"}}, "additionalProperties": False},
    "defaults": {"seed": None, "parts": None},
    "presets": [{"id": 3, "name": "naps", "project": 1, "config": {"seed": 1, "parts": 3}}],
}


def told(body: Any) -> dict[str, Any]:
    """Return an error's body with the seed's keys: `message` holds all that is told."""
    faults: Mapping[str, Any] = body if isinstance(body, Mapping) else {"detail": str(body)}
    fields = "; ".join(f"{name}: {' '.join(map(str, text))}" for name, text in faults.items() if isinstance(text, list))
    message = str(faults.get("detail", "")) or fields
    return {**faults, "status": "error", "message": message, "detail": message, "code": faults.get("code", "invalid")}


PLAN = extend_schema(
    operation_id="plan",
    tags=["planning"],
    summary="Turn a range and a policy into a schedule of commands",
    description="`policy` is an object, or the same as JSON in a string. With the format `blocks` the answer has the plan's "
    "blocks too, with `picture` it is an SVG, where the policy draws one. With `launch` the plan becomes a graph whose tasks "
    "wait for their times and then do the blocks; that takes a token that may edit and run in the project, and write commands "
    "where the driver runs some. Faults of the client are 400 with `status` and `message`. Without a token it plans where the "
    "service's settings say so.",
    parameters=[IDEMPOTENCY_KEY],
    request=serializers.AskedSerializer,
    responses={200: serializers.PlanSerializer, (200, "image/svg+xml"): OpenApiTypes.STR, 201: serializers.PlanSerializer},
    examples=[
        example("a policy in a string", {**RANGE, "policy": '{"policy": "dummy", "config": {}}'}, sent=True),
        example("its blocks", {**RANGE, "policy": {"policy": "dummy", "config": {"seed": 1}}, "format": "blocks"}, sent=True),
        example("a preset", {**RANGE, "policy": {"policy": "dummy", "preset": "naps"}}, sent=True),
        example(
            "a launch", {**RANGE, "policy": {"policy": "dummy"}, "launch": {"project": 1, "queue": "telescope"}}, sent=True
        ),
        example("a schedule of commands", OK),
        example("with its blocks", {**OK, "blocks": [BLOCK]}),
    ],
)
POLICIES = extend_schema(
    operation_id="policies",
    tags=["planning"],
    summary="List the policies, and what each can be told",
    responses=serializers.PolicySerializer(many=True),
    examples=[example("policy", POLICY)],
)
PRESETS = crud(
    "preset",
    "presets of policies",
    row=PRESET,
    shown=PRESET,
    sent={"project": 1, "policy": "dummy", "name": "naps", "config": {"seed": 1, "parts": 3}},
)
