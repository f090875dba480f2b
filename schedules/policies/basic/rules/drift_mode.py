"""Look for sources while they rise, or set, alone."""

from __future__ import annotations

from collections.abc import Iterable

from schedules.policies.basic.config import DriftMode
from schedules.policies.basic.observations import Window


def drifting(windows: Iterable[Window], rule: DriftMode) -> list[Window]:
    """Return the windows in which sources drift as the rule says."""
    return [window for window in windows if rule.mode in {"both", window.mode}]
