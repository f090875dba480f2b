"""A project's daily schedule: when it is due is the project's to say, and what it launches. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dags.models import Project
from schedules.errors import InvalidSchedule, TimedByProject
from schedules.models import Schedule

NAME = "daily"
TIMED = ("cron", "interval", "at", "timezone", "start", "end")
TARGETS = ("graph", "project")
KEEPS = "The project's daily schedule launches the project's scheduled jobs: make another one for anything else."


def timing_of(project: Project) -> dict[str, Any]:
    """Return when a project's daily schedule is due, as fields of a schedule."""
    return {"cron": f"{project.daily_at.minute} {project.daily_at.hour} * * *", "timezone": project.timezone}


def check_change(one: Schedule, fields: Mapping[str, Any]) -> None:
    """Raise `TimedByProject` or `InvalidSchedule`, naming the field, for a change that is not to be made here."""
    if not one.daily:
        return
    for name in (*TIMED, *TARGETS):
        if name in fields and fields[name] != getattr(one, name):
            raise TimedByProject(field=name) if name in TIMED else InvalidSchedule(KEEPS, field=name)
