"""The scenarios by name; each plays a fault on the stage and requires what was promised. The audit follows each."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos import broker, database, messages, races, rough, workers
from tests.chaos.stage import Stage

ALL: dict[str, Callable[[Stage], None]] = {
    scenario.__name__: scenario
    for module in (workers, broker, database, messages, races, rough)
    for scenario in module.SCENARIOS
}
SHORT = frozenset(
    scenario.__name__ for module in (workers, broker, database, messages, races, rough) for scenario in module.SHORT
)
