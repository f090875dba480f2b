"""Celeriac from a script and a terminal: define pipelines, run them, watch them. Speaks HTTP to the service.

    from celeriac import Job, Task

    job = Job("TestJob")
    sync, learn = Task("Sync Data", "sleep 1"), Task("Learn", "sleep 1", retries=2)
    sync >> learn
    job.add_task(sync, learn)
    print(job)  # names it, and draws TestJob.svg and TestJob.png
    job.run()

The client is `celeriac.client`, errors are in `celeriac.errors`, local runs in `celeriac.local`, fixtures for pytest in
`celeriac.testing`; `celeriac.collecting` reads the jobs of a script without running them. What is named here is imported
when it is asked for: the command has to answer soon.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celeriac.client import AsyncClient, Client
    from celeriac.errors import CeleriacError, Cycle, DuplicateName, ForgottenTask, JobError, NameTaken, RunFailed
    from celeriac.job import Job
    from celeriac.run import Run
    from celeriac.task import Task

_HOMES = {
    "AsyncClient": "client",
    "CeleriacError": "errors",
    "Client": "client",
    "Cycle": "errors",
    "DuplicateName": "errors",
    "ForgottenTask": "errors",
    "Job": "job",
    "JobError": "errors",
    "NameTaken": "errors",
    "Run": "run",
    "RunFailed": "errors",
    "Task": "task",
}
__all__ = [
    "AsyncClient",
    "CeleriacError",
    "Client",
    "Cycle",
    "DuplicateName",
    "ForgottenTask",
    "Job",
    "JobError",
    "NameTaken",
    "Run",
    "RunFailed",
    "Task",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'celeriac' has no attribute {name!r}")
    return getattr(importlib.import_module(f"celeriac.{home}"), name)
