"""What an answer says: its JSON, or the exception that it stands for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from celeriac.client import errors

_BY_STATUS: dict[int, type[errors.ApiError]] = {
    400: errors.Invalid,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    429: errors.TooManyRequests,
    502: errors.ServiceUnavailable,
    503: errors.ServiceUnavailable,
    504: errors.ServiceUnavailable,
}
_OURS = ("detail", "code")
SERVER_FAULT = 500
HINT_401 = "Run `celeriac login`, or set CELERIAC_TOKEN to a token of this service."


def value(response: httpx.Response) -> Any:
    """Return the JSON of a successful answer."""
    try:
        return response.json()
    except ValueError:
        raise _strange(response) from None


def refusal(response: httpx.Response) -> errors.ApiError:
    """Return the exception that a refusing answer stands for."""
    status = response.status_code
    kind = _BY_STATUS.get(status, errors.ServerError if status >= SERVER_FAULT else errors.ApiError)
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        if status >= SERVER_FAULT:
            return kind(status, "unavailable", f"{_where(response)} answered {status} {response.reason_phrase}.")
        return _strange(response)
    fields = {name: [str(one) for one in told] for name, told in body.items() if name not in _OURS and _messages(told)}
    facts = {name: told for name, told in body.items() if name not in _OURS and name not in fields}
    return kind(status, str(body.get("code", "invalid")), _message(status, body, fields), fields=fields, facts=facts)


def _message(status: int, body: Mapping[str, Any], fields: Mapping[str, list[str]]) -> str:
    detail = str(body.get("detail", "")) or "; ".join(f"{name}: {' '.join(told)}" for name, told in fields.items())
    return f"{detail} {HINT_401}" if status == httpx.codes.UNAUTHORIZED else detail or f"The service answered {status}."


def _messages(told: Any) -> bool:
    return isinstance(told, list) and bool(told) and all(isinstance(one, str) for one in told)


def _strange(response: httpx.Response) -> errors.NotTheService:
    told = f"{_where(response)} answered {response.status_code} and no JSON: is this the address of a Celeriac service?"
    return errors.NotTheService(response.status_code, "not_the_service", told)


def _where(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode()}"
