"""What the OpenAPI document tells of jobs beyond what their serializers do."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view

from api.telling import example

_AT = "2027-01-01T06:50:31.520896Z"
_JOB = {
    "id": 12,
    "kind": "workflow",
    "name": "totals",
    "project": 1,
    "description": "",
    "state": "done",
    "is_scheduled": True,
    "latest_run": {"id": 6, "state": "SUCCESS", "started_at": _AT, "completed_at": _AT},
    "succeeded_at": _AT,
    "changed_at": _AT,
    "created_at": _AT,
}

JOBS = extend_schema_view(list=extend_schema(summary="List jobs of all kinds, newest first", examples=[example("job", _JOB)]))
