"""What all operations of the OpenAPI document have in common: how they fail."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.idempotency import HEADER, MAX_KEY

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": MAX_KEY},
    OpenApiParameter.HEADER,
    description="Repeat a request safely: the same key and body give the same answer again.",
)

METHODS = {"get", "post", "put", "patch", "delete"}
ERROR = {
    "type": "object",
    "description": "`detail` and a stable `code`; or, where fields are at fault, the messages of each field by its name.",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "additionalProperties": {},
}
_CONTENT = {
    "application/json": {
        "schema": {"$ref": "#/components/schemas/Error"},
        "examples": {
            "Detail": {"value": {"detail": "Not found.", "code": "not_found"}},
            "Fields": {"value": {"name": ["This field is required."]}},
        },
    }
}
RESPONSES = {
    "4XX": {"description": "The request is refused, and nothing has changed.", "content": _CONTENT},
    "503": {"description": "The database is unavailable; try again after `Retry-After` seconds.", "content": _CONTENT},
}


def tell_strictness(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say of what is sent that it has no other fields: all serializers here refuse what they do not know."""
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request") and component.get("type") == "object":
            component["additionalProperties"] = False
    return result


def tell_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add to each operation the answers that any of them can give."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    for path in result["paths"].values():
        for method in METHODS & path.keys():
            path[method]["responses"] = {**RESPONSES, **path[method]["responses"]}
    return result
