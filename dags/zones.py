"""Time zones by their names. Pure: the time zone database is the only source."""

from __future__ import annotations

import zoneinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.errors import Invalid

MAX_LENGTH = 64  # characters; the longest name has 32


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return the names of all zones but the machine's own, which is another one elsewhere."""
    return frozenset(zoneinfo.available_timezones() - {"localtime"})


def find_zone(name: str) -> ZoneInfo:
    """Return the zone; raise `Invalid` where there is none of this name."""
    if name in names():
        return ZoneInfo(name)
    close = get_close_matches(name, names()) if len(name) <= MAX_LENGTH else []
    hint = f"do you mean {' or '.join(close)}?" if close else "give a name such as Europe/Berlin or UTC."
    raise Invalid(f"Unknown time zone {name[:MAX_LENGTH]!r}: {hint}", field="timezone")
