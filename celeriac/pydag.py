"""Scripts written for pydag run after changing only their imports:

    from celeriac.pydag import GoCronJob, GoCronTask, PyGoCron

`PYDAG_TASK_TIMEOUT` (seconds, 3600 unless told) is each task's timeout, `PYDAG_RUN_NEW=no` lets a job take the place of
another one with its name. The addresses of gocron and Redis are not needed any more.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from celeriac.client import Client
from celeriac.errors import InvalidTask, JobError
from celeriac.job import Job
from celeriac.run import Run
from celeriac.task import Task

TASK_TIMEOUT = 3600.0  # seconds


class PyGoCron:
    """Where jobs go: the service that `celeriac.client.places` finds, or the one at `address` with `token`."""

    def __init__(self, address: str | None = None, token: str | None = None, **ignored: Any) -> None:
        """Take an address; what else gocron was told is not needed."""
        self._address, self._token = address, token

    def client(self) -> Client | None:
        """Return a client of the service at the address; None to have it found when it is needed."""
        return None if self._address is None and self._token is None else Client(self._address, self._token)


class GoCronTask(Task):
    """A task: a name and a shell command. `node_id` names the host to run on, or several; all options of a Task are there."""

    def __init__(self, name: str, command: str, node_id: int | str | Sequence[int | str] | None = None, **options: Any) -> None:
        """Tell of a task."""
        if node_id is not None:
            nodes = [node_id] if isinstance(node_id, int | str) else node_id
            options["nodes"] = [str(node) for node in nodes]
        options.setdefault("timeout", _timeout())
        super().__init__(name, command, **options)


class GoCronJob(Job):
    """A job of such tasks; `mode` of `run` may be told as it was: `execute`, or `submit` to save it alone."""

    def __init__(self, name: str, task_manager: PyGoCron | None = None, **options: Any) -> None:
        """Begin a job without tasks."""
        if task_manager is not None:
            options.setdefault("client", task_manager.client())
        options.setdefault("replace", _replaces())
        super().__init__(name, **options)

    def run(self, mode: str = "execute", **options: Any) -> Run | None:  # type: ignore[override]
        """Run the job, shown live; raise `RunFailed` where it has not succeeded."""
        if mode not in {"execute", "submit"}:
            raise JobError(f"Unknown mode {mode!r}; there are 'execute' and 'submit'.")
        if mode == "submit":
            self.submit()
            return None
        return super().run(**options)


def _timeout() -> float:
    told = os.environ.get("PYDAG_TASK_TIMEOUT", "")
    try:
        return float(told) if told else TASK_TIMEOUT
    except ValueError:
        raise InvalidTask(f"PYDAG_TASK_TIMEOUT={told!r} is no number of seconds.") from None


def _replaces() -> bool:
    told = os.environ.get("PYDAG_RUN_NEW", "yes").lower()
    if told not in {"yes", "no"}:
        raise JobError(f"PYDAG_RUN_NEW={told!r} is neither yes nor no.")
    return told == "no"
