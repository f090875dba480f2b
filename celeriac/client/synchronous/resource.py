"""What every part of the API is made of."""

from __future__ import annotations

from celeriac.client.synchronous.wire import Wire


class Resource:
    """A part of the API."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
