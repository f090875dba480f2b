"""Start the embedded servers before Django reads their addresses, in a home of the tests' own; stop what was started.

Of several processes (`-n`) each has a home and servers of its own, and the one that hands out the tests needs none.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from config import embedded

PROCESSES = 4  # at most: each has a PostgreSQL, a Redis, a web server and a worker
STARTED_HERE = pytest.StashKey[bool]()

# Properties are held against the same examples each time: what fails, fails for everybody, and a busy machine is no failure.
# `--hypothesis-profile explore` looks for new ones.
hypothesis.settings.register_profile("explore", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("suite", hypothesis.settings.get_profile("explore"), derandomize=True)
hypothesis.settings.load_profile("suite")


def pytest_xdist_auto_num_workers() -> int:
    """Return what `-n auto` means: a process for each core, or none besides this one where the servers are given."""
    return 0 if _given() else min(len(os.sched_getaffinity(0)), PROCESSES)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the servers, before all others that this hook is for: pytest-django reads the settings in it."""
    os.environ.setdefault("CELERIAC_OPEN_PLANNING", "0")  # the tests of access ask as strangers; those of planning open it
    home = Path(os.environ.setdefault("CELERIAC_HOME", str(Path(__file__).parent / "var" / "test")))
    one_of_many = os.environ.get("PYTEST_XDIST_WORKER")
    if one_of_many:
        os.environ["CELERIAC_HOME"] = str(home / one_of_many)
    if one_of_many or not _hands_out(early_config.known_args_namespace):
        early_config.stash[STARTED_HERE] = embedded.start()
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no server behind that was not there before."""
    if config.stash.get(STARTED_HERE, False):
        embedded.stop()


def _hands_out(options: argparse.Namespace) -> bool:
    asked = getattr(options, "numprocesses", None)
    many = bool(pytest_xdist_auto_num_workers() and not options.usepdb if asked == "auto" else asked)
    if many and _given():
        raise pytest.UsageError("Tests side by side need servers of their own: leave out -n, or DATABASE_URL and REDIS_URL.")
    return many


def _given() -> set[str]:
    return {"DATABASE_URL", "REDIS_URL"} & os.environ.keys()
