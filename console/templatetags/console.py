"""`{% load console %}`: states, lengths of time and moments, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import states, wording
from console.narrowing import Narrowing
from schedules import words
from schedules.models import Schedule

register = template.Library()


@register.inclusion_tag("console/state.html")
def state(value: str | None) -> dict[str, Any]:
    """Show a state by its shape, its word and its colour."""
    return {"look": states.look(value)}


@register.filter
def look(value: str | None) -> states.Look:
    """Return how a state looks, where there is no room for its word."""
    return states.look(value)


@register.filter
def duration(length: timedelta | float | None) -> str:
    """Say a length of time; nothing where there is none."""
    return "" if length is None else wording.duration(length)


@register.filter
def away(at: datetime | None) -> str:
    """Say how far away a moment is, where there is room for no more."""
    return "" if at is None else wording.away(at, timezone.now())


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """Show how far away a moment is, its date and time at hand."""
    if at is None:
        return ""
    at = at.astimezone(timezone.get_current_timezone())
    text = wording.away(at, timezone.now())
    title = at.strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), title, text)


@register.filter
def kind(name: str) -> str:
    """Say what kind of job it is."""
    return wording.kind(name)


@register.filter
def trigger(name: str) -> str:
    """Say how a run was launched."""
    return wording.trigger(name)


@register.filter
def when(schedule: Schedule) -> str:
    """Say when a schedule is due."""
    return words.when(schedule.timing)


@register.filter
def condition(schedule: Schedule) -> str:
    """Return the state of a schedule."""
    return words.condition(schedule)


@register.inclusion_tag("console/field.html")
def field(bound: Any) -> dict[str, Any]:
    """Show a field of a form with its label, its hint, and room for what is wrong with it."""
    return {"field": bound}


@register.inclusion_tag("console/narrow.html", takes_context=True)
def narrow(context: Mapping[str, Any], form: Narrowing, label: str, part: str, swap: str = "innerHTML") -> dict[str, Any]:
    """Show what narrows the list in a part of the page, which is fetched as one types."""
    return {"form": form, "label": label, "path": context["request"].path, "part": part, "swap": swap}
