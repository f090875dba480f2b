"""What the service, or the way to it, answers that is not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celeriac.errors import CeleriacError


class CannotConnect(CeleriacError):
    """The service cannot be reached; the message says where it was looked for and what to do."""


class NoService(CannotConnect):
    """Nothing says where the service is."""


class ApiError(CeleriacError):
    """The service refused.

    `status` is HTTP's, `code` the service's stable word for it, `message` its sentence, `fields` the messages by field,
    and `facts` whatever else it told, such as the cycle's path.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what was told."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.fields, self.facts = dict(fields or {}), dict(facts or {})


class Invalid(ApiError):
    """400: the request does not make sense; `fields` says where."""


class Unauthorized(ApiError):
    """401: no token, or one that does not count here (any more)."""


class Forbidden(ApiError):
    """403: this token may not do that."""


class NotFound(ApiError):
    """404: there is no such thing, or it is not yours."""


class Conflict(ApiError):
    """409: the object's present state does not allow it."""


class TooLarge(ApiError):
    """413: the request's body is too large."""


class TooManyRequests(ApiError):
    """429: too many requests, even after waiting as told."""


class ServiceUnavailable(ApiError):
    """502, 503 or 504: the service cannot answer now, even after some tries."""


class ServerError(ApiError):
    """Any other 5xx: something went wrong on the service's side."""


class NotTheService(ApiError):
    """What answers at this address does not speak like Celeriac."""
