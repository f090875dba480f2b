"""`offline`: somebody outside does the work and reports its end."""

from dags.drivers import DriverSpec
from runs.logs import LogWriter
from scheduler.stop import Stop
from scheduler.work import Outcome, Work, waiting

SPEC = DriverSpec(name="offline", needs_command=False)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Wait, and hold no worker for it."""
    return waiting("waits for a report")
