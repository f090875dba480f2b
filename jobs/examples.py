"""What the OpenAPI document tells of jobs beyond what their serializers do."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from api.schema import IDEMPOTENCY_KEY
from api.telling import crud, example
from jobs.serializers import NewUploadSerializer, RowsSerializer, UploadSerializer

NOTHING: dict[str, Any] = {}
_AT = "2027-01-01T06:50:31.520896Z"
_SQL = "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer"

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
_NEW_SHEET = {"source": "https://example.com/orders.xlsx", "tab": "2027", "cell_range": "A1:F200", "table": "orders"}
_SHEET = {**_NEW_SHEET, "format": "auto", "skip_unchanged": True}
_UPLOAD = {
    "file_name": "customers.csv",
    "size": 52_110,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "delimiter": ";",
    "table": "customers",
}
_REQUEST: dict[str, Any] = {
    "headers": {"Accept": "application/json"},
    "query": {},
    "body": None,
    "auth_config": {},
    "has_secret": True,
    "timeout": 60,
}
_NEW_CONNECTOR = {
    "method": "POST",
    "url": "https://crm.example.com/syncs",
    "auth": "bearer",
    "finish": "poll",
    "status_url": "https://crm.example.com/syncs/{id}",
    "id_path": "$.id",
    "state_path": "$.state",
    "done_values": ["done"],
    "failed_values": ["failed"],
    "tables": ["contacts"],
}
_CONNECTOR = {
    **_REQUEST,
    **_NEW_CONNECTOR,
    "start": True,
    "synced_path": "",
    "failed_path": "",
    "paused_path": "",
    "fresh": "day",
    "timezone": "UTC",
    "poll_interval": 600,
    "max_polls": 144,
}
_NEW_API = {
    "method": "GET",
    "url": "https://rates.example.com/latest",
    "auth": "bearer",
    "rows_path": "$.rates[*]",
    "paging": "next",
    "next_path": "$.next",
    "table": "rates",
}
_API = {
    **_REQUEST,
    **_NEW_API,
    "format": "auto",
    "flatten": False,
    "page_param": "",
    "first_page": None,
    "size_param": "",
    "page_size": None,
    "max_pages": 100,
    "max_rows": 1_000_000,
    "max_bytes": 10_485_760,
    "time_limit": 3600,
}
_WORKFLOW = {"sql": _SQL, "table": "totals", "reads": ["orders"]}
_DEPENDS = {
    "has_been_run": True,
    "is_out_of_date": True,
    "why_out_of_date": ["orders has been filled again"],
    "parents": [{"id": 11, "kind": "sheet", "name": "orders", "state": "done"}],
}
_ROWS = {
    "table": "totals",
    "columns": [{"name": "customer", "type": "text"}, {"name": "total", "type": "numeric"}],
    "rows": [["Ada", 120.5]],
}


def _kind(kind: str, name: str, *, called: str = "", shown: dict[str, Any], sent: dict[str, Any], more: Any = NOTHING) -> Any:
    """Return the sentences and examples of a kind; `called` is its name in sentences; `more` stands in a single one."""
    one, row = called or kind, {**_JOB, "kind": kind, "name": name, **shown}
    return crud(one, f"{one}s", row=row, shown={**row, **more}, sent={"name": name, "project": 1, **sent})


JOBS = extend_schema_view(list=extend_schema(summary="List jobs of all kinds, newest first", examples=[example("job", _JOB)]))
SHEETS = _kind("sheet", "orders", shown=_SHEET, sent=_NEW_SHEET)
CONNECTORS = _kind("connector", "crm", shown=_CONNECTOR, sent={**_NEW_CONNECTOR, "secret": "..."})
APIS = _kind("api", "rates", called="API job", shown=_API, sent={**_NEW_API, "secret": "..."})
WORKFLOWS = _kind("workflow", "totals", shown=_WORKFLOW, sent={"sql": _SQL, "table": "totals"}, more=_DEPENDS)
UPLOADS = _kind("upload", "customers", shown=_UPLOAD, sent={"table": "customers"})
NEW_UPLOAD = extend_schema_view(
    create=extend_schema(
        summary="Send a file",
        description="As `multipart/form-data`. Its job imports it when it is run.",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": NewUploadSerializer},
        responses={201: UploadSerializer},
        examples=[example("upload", {**_JOB, "kind": "upload", "name": "customers", **_UPLOAD})],
    )
)
ROWS = extend_schema(
    summary="Show the first rows of a job's table",
    description="Without columns as long as nothing has filled it.",
    parameters=[
        OpenApiParameter("limit", {"type": "integer", "minimum": 1}, description="Rows, 20 unless told, up to 1000."),
        OpenApiParameter("table", {"type": "string"}, description="Which one, of a connector that fills several."),
    ],
    responses=RowsSerializer,
    examples=[example("rows", _ROWS)],
    filters=False,
)
