"""The Docker daemon: where DOCKER_HOST says, else this machine's; and what its refusals mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import requests
import urllib3
from docker import DockerClient, errors

HERE = "unix:///var/run/docker.sock"
SILENCE = 60.0  # seconds that the daemon may take to answer what takes no time
_OURS_TO_MEND = range(400, 500)  # HTTP statuses: asked for again, the same would be refused


class DaemonError(Exception):
    """The daemon has not done what it was asked for; `permanent`: nor would it, asked again."""

    def __init__(self, told: str, *, permanent: bool = False) -> None:
        super().__init__(told)
        self.permanent = permanent


@contextmanager
def connected() -> Iterator[DockerClient]:
    """Speak to the daemon; raise `DaemonError` if it is away."""
    with telling("ask"):
        client = docker.from_env(timeout=int(SILENCE))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def telling(doing: str) -> Iterator[None]:
    """Turn what the library raises into `DaemonError`s that say what to do; `doing` says what was tried."""
    try:
        yield
    except errors.APIError as error:
        status = error.status_code or 0
        raise DaemonError(f"cannot {doing}: {_explained(error)}", permanent=status in _OURS_TO_MEND) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, errors.DockerException) as error:
        where = os.environ.get("DOCKER_HOST") or HERE
        raise DaemonError(
            f"the Docker daemon at {where} does not answer ({_cause(error)}): start it, let the worker's user reach it "
            "(group docker), or have DOCKER_HOST say where it is"
        ) from error


def _explained(error: errors.APIError) -> str:
    return str(error.explanation or error).strip()


def _cause(error: BaseException) -> str:
    """Return the innermost reason: around it there are several that say the same at length."""
    reason: BaseException = error
    while reason.__context__ is not None:
        reason = reason.__context__
    return str(getattr(reason, "strerror", None) or reason).strip()[:200]
