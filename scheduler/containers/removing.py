"""Removing containers, and those of earlier attempts before another one starts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docker import DockerClient, errors

from scheduler.containers import labels
from scheduler.containers.daemon import DaemonError, telling
from scheduler.containers.labels import Whose

TRIES = 5
PAUSE = 0.2  # seconds before the second try; twice as long before each further one
_CONFLICT = 409


def remove(client: DockerClient, container: str) -> None:
    """Kill a container if it lives and remove it with its volumes; return once it is gone. Raise `DaemonError`."""
    for number in range(TRIES):
        try:
            with telling("remove a container"):
                client.api.remove_container(container, v=True, force=True)
        except DaemonError as error:
            cause = error.__cause__
            if isinstance(cause, errors.NotFound):
                return
            being_removed = isinstance(cause, errors.APIError) and cause.status_code == _CONFLICT
            if number == TRIES - 1 or (error.permanent and not being_removed):
                raise
            time.sleep(PAUSE * 2**number)
        else:
            return


@dataclass(frozen=True, kw_only=True)
class Found:
    """A container that there is, whose it is, and whether it runs."""

    container: str
    whose: Whose
    runs: bool


def ours(client: DockerClient, installation: str, **more: str) -> Iterator[Found]:
    """Yield the containers of an installation; `job_run` narrows it down."""
    wanted = [f"{labels.INSTALLATION}={installation}", *(f"celeriac.{name}={value}" for name, value in more.items())]
    with telling("list containers"):
        found: list[Mapping[str, Any]] = client.api.containers(all=True, filters={"label": wanted})
    for one in found:
        whose = labels.read(one["Labels"])
        if whose is not None:
            yield Found(container=str(one["Id"]), whose=whose, runs=one["State"] == "running")


def remove_earlier(client: DockerClient, installation: str, job_run_id: int, attempt: int) -> int:
    """Remove what earlier attempts of a job run have left, and return how many containers that were."""
    left = [one for one in ours(client, installation, job_run=str(job_run_id)) if one.whose.attempt < attempt]
    for one in left:
        remove(client, one.container)
    return len(left)
