"""Jobs run in this process, with threads and without any service: for trying a pipeline, and for tests.

When a task may start, what a skip spreads to and what is tried again is decided as the service decides it.
"""

from celeriac.local.clock import Clock, FrozenClock
from celeriac.local.runner import Stage, perform

__all__ = ["Clock", "FrozenClock", "Stage", "perform"]
