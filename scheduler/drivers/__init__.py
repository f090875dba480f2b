"""How work is done: one file per driver, found by being here.

Each declares `SPEC`, how its tasks are written, and `run(work, log, stop) -> Outcome`, which does one attempt: configs
are rendered, what the work says goes to `log`, and `stop` tells that it has to end.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from dags import drivers
from dags.drivers import DriverSpec
from runs.logs import LogWriter
from scheduler.stop import Stop
from scheduler.work import Outcome, Work


class Driver(Protocol):
    """What a driver's file offers."""

    SPEC: DriverSpec

    def run(self, work: Work, log: LogWriter, stop: Stop) -> Outcome:
        """Do one attempt and return what became of it."""


def _found() -> list[Driver]:
    return [cast(Driver, importlib.import_module(f"{__name__}.{module.name}")) for module in pkgutil.iter_modules(__path__)]


DRIVERS: dict[str, Driver] = {driver.SPEC.name: driver for driver in _found()}


def register() -> None:
    """Make every driver's spec known, so that graphs may use it."""
    for driver in DRIVERS.values():
        drivers.register(driver.SPEC)
