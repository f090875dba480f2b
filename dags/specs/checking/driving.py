"""What a driver itself says of the containers that a spec asks for; all else is said by the other modules. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set

from dags import drivers
from dags.errors import InvalidTask
from dags.specs.checking.walking import commands
from dags.specs.document import Spec
from dags.specs.expressions import OWN
from dags.specs.faults import Fault, Place
from dags.specs.task_fields import alone
from dags.specs.words import DriverName

TASK, CHECK = 4, 7  # steps that lead to a task, and to a check of its readiness


def faults(spec: Spec, wrong: Set[Place]) -> Iterator[Fault]:
    """Yield what the driver refuses, where nothing else is wrong with a task."""
    told = {place[:steps] for place in wrong for steps in (TASK, CHECK)}
    for place, command in commands(spec):
        if command.does == DriverName.DOCKER and place not in told:
            fields = alone(command, OWN)
            try:
                drivers.check(fields["driver"], fields["command"], fields["configs"], compiled=True)
            except InvalidTask as error:
                yield Fault((*place, DriverName.DOCKER.value), error.message)
