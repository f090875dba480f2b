"""`wait_until`: waits for a time, or for so long, and holds no worker for it.

`configs`: either `until`, ISO 8601 text (without an offset it means UTC), or `seconds`, counted from the moment at which the
task was begun first. Both may be templates. What has passed is not waited for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from runs.logs import LogWriter
from scheduler.begun import first_begun
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.work import Outcome, Work, not_started, succeeded, waiting

KEYS = ("until", "seconds")
MAX_SECONDS = 10 * 366 * 24 * 3600
LAST_YEAR = 9000  # what comes of later ones could not be read as a datetime
_LEFT = "SELECT greatest(0, extract(epoch FROM %s - clock_timestamp()))::float8"


def _check(command: str, configs: Mapping[str, Any]) -> None:
    if command.strip():
        raise InvalidTask("A task that waits for a time takes no command.", field="command")
    templates.check(configs)
    _one_of_two(configs)
    if not any(isinstance(value, str) and templates.has_any(value) for value in configs.values()):
        _read(configs)


def _one_of_two(configs: Mapping[str, Any]) -> None:
    if sum(configs.get(key) is not None for key in KEYS) != 1:
        raise InvalidTask('Say what to wait for: {"until": "2027-03-14T09:00:00Z"}, or {"seconds": 90}.', field="configs")


def _read(configs: Mapping[str, Any]) -> datetime | timedelta:
    """Return the moment to wait for, or how long; raise `InvalidTask` for what is none."""
    if configs.get("until") is not None:
        return _moment(configs["until"])
    return _span(configs["seconds"])


def _moment(told: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(told)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise InvalidTask("until must be a time such as 2027-03-14T09:00:00Z.", field="configs") from None
    if moment.year > LAST_YEAR:
        raise InvalidTask(f"until must be a time up to the year {LAST_YEAR}.", field="configs")
    return moment


def _span(told: Any) -> timedelta:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or not 0 <= told <= MAX_SECONDS:
        raise InvalidTask(f"seconds must be a number from 0 to {MAX_SECONDS}.", field="configs")
    return timedelta(seconds=told)


SPEC = DriverSpec(name="wait_until", configs_keys=frozenset(KEYS), needs_command=False, check=_check)


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Wait until the time has come by the database's clock."""
    try:
        _one_of_two(work.configs)
        told = _read(work.configs)
    except InvalidTask as error:
        return not_started(error.message)
    moment = told if isinstance(told, datetime) else first_begun(work) + told
    shown = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    seconds = _left(moment)
    return waiting(f"waits until {shown}", seconds=seconds) if seconds > 0 else succeeded(shown)


def _left(moment: datetime) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [moment])
        return float(cursor.fetchone()[0])
