"""What can go wrong with jobs; of the service and the way to it: `celeriac/client/errors.py`.

Each text is one line made for a person.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class CeleriacError(Exception):
    """Something that a person can put right."""


class JobError(CeleriacError):
    """The job cannot be as it is defined."""


class InvalidTask(JobError):
    """A task cannot be as it is told."""


class Cycle(JobError):
    """Tasks wait for each other; `names` are those of one such circle."""

    def __init__(self, names: Sequence[str]) -> None:
        """Show the circle, the middle of a long one left out."""
        self.names = list(names)
        shown = self.names if len(self.names) <= SHOWN else [*self.names[: SHOWN // 2], "...", *self.names[-SHOWN // 2 :]]
        super().__init__(f"The tasks wait for each other in a circle: {' -> '.join([*shown, self.names[0]])}.")


class ForgottenTask(JobError):
    """A task that another one is linked to was never added to the job."""


class DuplicateName(JobError):
    """Two tasks of a job have the same name."""


class NameTaken(CeleriacError):
    """There is another job with this name."""


class RunFailed(CeleriacError):
    """The run has ended without success; `execution` is what the service tells of it."""

    def __init__(self, message: str, execution: Mapping[str, Any]) -> None:
        """Keep the execution."""
        super().__init__(message)
        self.execution = execution


SHOWN = 20  # tasks of a circle that a message names
