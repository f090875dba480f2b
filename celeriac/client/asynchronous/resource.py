"""What every part of the API is made of."""

from __future__ import annotations

from celeriac.client.asynchronous.wire import AsyncWire


class AsyncResource:
    """A part of the API."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire
