"""When a schedule launches, as people write it."""

from __future__ import annotations

from celeriac.render.wording import Told


def times_of(schedule: Told) -> str:
    """Return "30 2 * * * (Europe/Berlin)", "every 60s", "2027-03-14T07:00:00Z", "the service's start"."""
    zone = f" ({schedule['timezone']})" if schedule["timezone"] != "UTC" else ""
    told = [
        f"{schedule['cron']}{zone}" if schedule["cron"] else "",
        f"every {schedule['interval']}s" if schedule["interval"] else "",
        schedule["at"] or "",
        "the service's start" if schedule.get("on_start") else "",
    ]
    return " and ".join(filter(None, told)) + ("" if schedule["enabled"] else " (paused)")
