"""The form of a schedule: what it shows, and what was told by it, in the words of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from console.asked import read_json
from dags.zones import find_zone
from schedules import words
from schedules.dst import Dst
from schedules.models import Schedule
from schedules.rules import CatchUp, Overlap

UNITS = {f"{unit}s": size for unit, size in reversed(words.UNITS.items())}
KINDS = {"cron": "Cron", "interval": "Every so often", "at": "Once", "start": "At the service's start alone"}
MOMENTS = ("at", "start", "end")
WHEN = ("cron", "interval", "at", "on_start", "timezone", "start", "end", "exclude_dates", "dst")
OVERLAPS = {
    Overlap.SKIP: "Skip: do not launch",
    Overlap.QUEUE: "Queue: launch once it has ended",
    Overlap.CANCEL: "Cancel it, and launch then",
    Overlap.ALLOW: "Allow: launch beside it",
}
CATCH_UPS = {
    CatchUp.ONE: "One: launch once for all that was missed",
    CatchUp.ALL: "All: launch for each",
    CatchUp.SKIP: "Skip: nothing",
}
DSTS = {
    Dst.DEBIAN: "As cron does: fixed times once, frequent ones go on",
    Dst.SKIP: "Once at most: not at a time that is left out",
    Dst.TWICE: "Whenever clocks show it: not at all, or twice",
}


def _moment(label: str, hint: str = "") -> forms.CharField:
    widget = forms.DateTimeInput({"type": "datetime-local", "step": "1"})
    return forms.CharField(label=label, required=False, help_text=hint, widget=widget)


class ScheduleForm(forms.Form):
    """The form as it is shown."""

    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=list(KINDS.items()), widget=forms.RadioSelect, label="Due")
    cron = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput({"placeholder": "30 2 * * 1-5"}),
        help_text="Minute, hour, day, month, day of week: 30 2 * * 1-5 is 02:30 on weekdays. Six fields: seconds first.",
    )
    interval = forms.IntegerField(required=False, min_value=1, label="Every")
    unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS], initial="hours")
    at = _moment("At")
    on_start = forms.BooleanField(required=False, label="Also each time the service starts")
    timezone = forms.CharField(max_length=64, label="Time zone", widget=forms.TextInput({"list": "zones"}))
    start = _moment("Not before")
    end = _moment("Not after")
    exclude_dates = forms.CharField(
        required=False,
        label="Dates left out",
        widget=forms.Textarea({"rows": 2}),
        help_text="2027-12-24, or of each year --12-25.",
    )
    dst = forms.ChoiceField(choices=list(DSTS.items()), label="Where clocks change")
    jitter = forms.IntegerField(required=False, min_value=0, help_text="Seconds over which launches are spread.")
    overlap = forms.ChoiceField(choices=list(OVERLAPS.items()), label="A run has not ended")
    catch_up = forms.ChoiceField(choices=list(CATCH_UPS.items()), label="Times were missed")
    catch_up_window = forms.IntegerField(
        required=False, min_value=0, label="Catch up with at most", help_text="Seconds back; empty for no limit."
    )
    params = forms.CharField(
        required=False, widget=forms.Textarea({"rows": 3, "spellcheck": "false"}), help_text="JSON: what it is launched with."
    )


def shown(one: Schedule | None) -> ScheduleForm:
    """Return the form filled in with a schedule, or with what is usual."""
    if one is None:
        return ScheduleForm(initial={"kind": "cron", "timezone": "UTC", "interval": 1, "jitter": 0, "params": "{}"})
    kind = next((kind for kind in ("cron", "interval", "at") if getattr(one, kind) is not None), "start")
    count, unit = words.in_units(one.interval or 3600)
    plain = ("name", "cron", "on_start", "timezone", "dst", "jitter", "overlap", "catch_up", "catch_up_window")
    return ScheduleForm(
        initial={
            **{name: getattr(one, name) for name in plain},
            **{name: _local(getattr(one, name), one.timezone) for name in MOMENTS},
            "kind": kind,
            "interval": count,
            "unit": f"{unit}s",
            "exclude_dates": "\n".join(one.exclude_dates),
            "params": json.dumps(one.params, ensure_ascii=False, indent=2),
        }
    )


def told(sent: Mapping[str, str], present: Schedule | None = None) -> dict[str, Any]:
    """Return what was sent by the form as the API takes it; what cannot be read is left to the API to refuse."""
    kind, found = sent.get("kind", ""), when(sent, present)
    for name in ("name", "overlap", "catch_up"):
        found[name] = sent.get(name, "")
    found["jitter"] = _whole(sent.get("jitter", "")) or 0
    found["catch_up_window"] = _whole(sent.get("catch_up_window", ""))
    found["on_start"] = kind == "start" or bool(sent.get("on_start"))
    found["params"] = read_json(sent.get("params", "").strip() or "{}", field="params")
    return found


def when(sent: Mapping[str, str], present: Schedule | None = None) -> dict[str, Any]:
    """Return what was sent about when it is due; times are by the clocks of the zone that was sent."""
    kind, zone = sent.get("kind", ""), sent.get("timezone", "").strip()
    find_zone(zone)
    found: dict[str, Any] = {"cron": None, "interval": None, "at": None, "timezone": zone, "dst": sent.get("dst", "")}
    if kind == "cron":
        found["cron"] = sent.get("cron", "").strip()
    if kind == "interval":
        count = _whole(sent.get("interval", ""))
        found["interval"] = count * UNITS.get(sent.get("unit", ""), 1) if isinstance(count, int) else count or ""
    for name in MOMENTS if kind == "at" else MOMENTS[1:]:
        text = sent.get(name, "")
        if present is not None and (text, zone) == (_local(getattr(present, name), present.timezone), present.timezone):
            found[name] = _written(getattr(present, name))  # the form shows whole seconds
        else:
            found[name] = _instant(text, find_zone(zone)) if text or name == "at" else None
    found["exclude_dates"] = sent.get("exclude_dates", "").split()
    found["on_start"] = kind == "start" or bool(sent.get("on_start"))
    return found


def _whole(text: str) -> int | str | None:
    """Return the number, null for nothing, or the text that is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else text or None  # noqa: PLR2004 - any more is too much


def _local(at: datetime | None, zone: str) -> str:
    return at.astimezone(find_zone(zone)).replace(tzinfo=None).isoformat(timespec="seconds") if at else ""


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str, zone: ZoneInfo) -> str:
    """Return a local time with its zone's offset, or the text that is no time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()
    except OverflowError:
        return text
