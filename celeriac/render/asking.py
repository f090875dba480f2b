"""Why nothing of a watched run moves: asked of the service when it has been silent for a while."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from celeriac.client import CeleriacError, Client
from celeriac.render.pictures import Picture

PATIENCE = 3.0  # seconds in which nothing runs and nothing moves
ASKED = 3  # tasks that are asked about in one silence


class Asking:
    """Asks what the first tasks wait for, and tells the picture and `tell`, once in each silence."""

    def __init__(self, client: Client, picture: Picture, tell: Callable[[dict[str, Any]], None]) -> None:
        """Wait for silences."""
        self._client, self._picture, self._tell = client, picture, tell
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Asking:
        self.moved()
        return self

    def __exit__(self, *args: object) -> None:
        self._stop()

    def moved(self) -> None:
        """Begin to wait anew: something has moved."""
        self._stop()
        self._timer = threading.Timer(PATIENCE, self._ask)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _ask(self) -> None:
        tasks = self._picture.execution["tasks"]
        if any(task["state"] == "RUNNING" for task in tasks):
            return
        for task in [task for task in tasks if task["state"] in {"QUEUED", "WAITING"}][:ASKED]:
            with contextlib.suppress(CeleriacError):  # the stream tells of a service that is away
                told = self._client.task_runs.get(task["task_id"])["waiting_for"]
                if told:
                    task["reason"] = told["message"]
                    self._tell(task)
