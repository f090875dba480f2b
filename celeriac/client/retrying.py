"""Whether a request is sent again, and after how many seconds. Pure but for the dice of the jitter.

Every request may be: reads change nothing, PUT, PATCH and DELETE come to the same, and each POST carries an
Idempotency-Key, under which the service gives the first answer again. So does a save of a graph that names the revision it
began with: without the key, the second try would find that of the first, as if somebody else had saved.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

RETRIES = 4  # after the first try
PATIENCE = 12  # tries in a row that a live stream makes before it gives up: it has to live through a restart
FIRST = 0.2  # seconds
LONGEST = 5.0  # seconds between two tries
LONGEST_ASKED = 60.0  # seconds that a Retry-After may keep us
MOMENTARY = frozenset({429, 502, 503, 504})


def is_keyed(method: str, params: Mapping[str, Any] | None) -> bool:
    """Tell whether a request carries an Idempotency-Key."""
    return method == "POST" or (method in {"PUT", "PATCH"} and (params or {}).get("revision") is not None)


def delay(tried: int, asked: str | None = None) -> float:
    """Return the seconds to wait after so many tries (1 or more); `asked` is the answer's Retry-After."""
    backed_off = min(FIRST * 2 ** (tried - 1), LONGEST) * random.uniform(0.8, 1.2)  # noqa: S311
    return max(backed_off, min(_seconds(asked), LONGEST_ASKED))


def momentary(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether another try may be answered otherwise."""
    return status in MOMENTARY and _seconds(headers.get("Retry-After")) <= LONGEST_ASKED


def _seconds(asked: str | None) -> float:
    if not asked:
        return 0.0
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
