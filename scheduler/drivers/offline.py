"""`offline`: somebody outside does the work and reports its end."""

from collections.abc import Mapping
from typing import Any

from dags.drivers import DriverSpec
from runs.logs import LogWriter
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.work import Outcome, Work, waiting


def _check(command: str, configs: Mapping[str, Any]) -> None:
    templates.check(configs)


SPEC = DriverSpec(name="offline", needs_command=False, check=_check)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Wait, and hold no worker for it."""
    return waiting("waits for a report")
