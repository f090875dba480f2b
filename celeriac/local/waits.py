"""Tasks that wait for a time: `until` one, or so many `seconds`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from celeriac.local.clock import Clock
from celeriac.local.work import Outcome, failed, succeeded

DRIVER = "wait_until"


def wait(configs: Mapping[str, Any], clock: Clock, cancelled: threading.Event) -> Outcome:
    """Return once the time has come; on a clock that stands still that takes none."""
    try:
        moment = _moment(configs, clock.now())
    except (TypeError, ValueError, OverflowError, KeyError):
        return failed('says neither {"until": a time} nor {"seconds": a number}', permanent=True)
    left = max(0.0, (moment - clock.now()).total_seconds())
    if not clock.is_real():
        clock.sleep(left)
    elif cancelled.wait(left):
        return failed("cancelled")
    return succeeded(moment.astimezone(UTC).isoformat().replace("+00:00", "Z"))


def _moment(configs: Mapping[str, Any], now: datetime) -> datetime:
    if configs.get("until") is None:
        return now + timedelta(seconds=configs["seconds"])
    moment = datetime.fromisoformat(configs["until"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
