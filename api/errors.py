"""The errors of the whole service: one family, told to clients in one place (`api/handler.py`).

A class's docstring is its default message; `code` never changes; the kind it derives from decides the HTTP status.
"""

from collections.abc import Sequence
from typing import Any


class CeleriacError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500
    failed_proof: str | None = None
    """What did not prove who asks: counted by address, and written into the audit trail."""

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        """Keep `message` (default: the docstring) and facts for the client, such as the cycle's path."""
        self.message = message or (type(self).__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.message)


class Invalid(CeleriacError):
    """The request does not make sense."""

    code = "invalid"
    status = 400

    def __init__(
        self, message: str | None = None, *, field: str | None = None, messages: Sequence[str] = (), **facts: Any
    ) -> None:
        """Name the `field` at fault: the client then gets `{"field": ["message"]}`, or all of `messages` there."""
        super().__init__(message or "; ".join(messages) or None, **facts)
        self.field = field
        self.messages = list(messages) or [self.message]


class Forbidden(CeleriacError):
    """This is not allowed."""

    code = "permission_denied"
    status = 403


class NotFound(CeleriacError):
    """Not found."""

    code = "not_found"
    status = 404


class Conflict(CeleriacError):
    """The object's present state does not allow this."""

    code = "conflict"
    status = 409


class TooLarge(CeleriacError):
    """The request body is too large."""

    code = "too_large"
    status = 413
