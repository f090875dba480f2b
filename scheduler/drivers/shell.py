"""`shell`: a command line for /bin/sh, as its author wrote it; values reach it as $1, $2, ... and as variables."""

from collections.abc import Mapping
from typing import Any

from dags.drivers import DriverSpec
from runs.logs import LogWriter
from scheduler.processes import commands
from scheduler.stop import Stop
from scheduler.work import Outcome, Work


def _check(command: str, configs: Mapping[str, Any]) -> None:
    commands.check(configs)


SPEC = DriverSpec(name="shell", configs_keys=commands.CONFIGS_KEYS, check=_check, commands=True)


def argv(work: Work) -> list[str]:
    """Return the shell with the line, the task's key as its $0."""
    return ["/bin/sh", "-c", work.command, work.key, *commands.args(work.configs)]


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Run the line."""
    return commands.perform(argv(work), work, log, stop)
