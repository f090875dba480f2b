"""What can go wrong with a request to the outside.

A class's docstring is its default message, `code` never changes. Messages name a host and a port at most: no path or query,
which may hold keys, and no address that a name resolves to.
"""


class OutboundError(Exception):
    """The request could not be made."""

    code = "outbound_error"

    def __init__(self, message: str | None = None) -> None:
        """Keep `message`, by default the docstring."""
        self.message = message or (type(self).__doc__ or "").strip()
        super().__init__(self.message)


class Refused(OutboundError):
    """No request is made to this address."""

    code = "refused"


class Unreachable(OutboundError):
    """Nobody answers at this address."""

    code = "unreachable"


class TimedOut(OutboundError):
    """The answer did not come in time."""

    code = "timed_out"


class TooLarge(OutboundError):
    """The answer is larger than what is taken."""

    code = "too_large"


class Garbled(OutboundError):
    """The answer cannot be understood."""

    code = "garbled"
