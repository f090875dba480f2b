"""`exec`: a program and its arguments, split like a shell would and given to no shell."""

import shlex
from collections.abc import Mapping
from typing import Any

from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler.processes import commands
from scheduler.stop import Stop
from scheduler.work import Outcome, Work


def _check(command: str, configs: Mapping[str, Any]) -> None:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidTask(f"The command cannot be split into words: {error}.", field="command") from None
    if not words or not words[0]:
        raise InvalidTask("The command names no program.", field="command")
    commands.check(configs)


SPEC = DriverSpec(name="exec", configs_keys=commands.CONFIGS_KEYS, check=_check, commands=True)


def argv(work: Work) -> list[str]:
    """Return the program with its own arguments, then the configs' args."""
    return [*shlex.split(work.command), *commands.args(work.configs)]


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Run the program."""
    return commands.perform(argv(work), work, log, stop)
