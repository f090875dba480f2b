"""What may be told of a thing when it is made or changed; each key may be left out where the service has a default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from celeriac.client.shapes import Condition


class TaskFields(TypedDict, total=False):
    """Of a task: `driver`, or the seed's `is_py_func`; seconds for times."""

    task_id: int | None
    parent: int
    name: str
    key: str | None
    description: str
    command: str
    is_py_func: int
    driver: str
    configs: Mapping[str, Any] | None
    auto_report: bool
    retries: int
    retry_delay: float
    retry_backoff: float
    timeout: float | None
    trigger_rule: str
    queue: str | None
    priority: int
    node_selector: Mapping[str, Any] | None


class EdgeFields(TypedDict, total=False):
    """Of an edge: within a whole graph its ends may be named by key, elsewhere by `task_id`."""

    task_from: int | str
    task_to: int | str
    condition: Condition


class GraphFields(TypedDict, total=False):
    """Of a graph; `tasks` and `edges` together replace what it consists of."""

    name: str
    execution_key: str
    project: int
    description: str
    on_failure: str
    max_parallel: int | None
    params_schema: Mapping[str, Any] | None
    tasks: Sequence[TaskFields]
    edges: Sequence[EdgeFields]


class ProjectOptions(TypedDict, total=False):
    """Of a project beside its name; `daily_at` (`HH:MM`) and `timezone` say when its scheduled jobs run."""

    description: str
    daily_at: str
    timezone: str


class ProjectFields(ProjectOptions, total=False):
    """Of a project."""

    name: str


class ScheduleFields(TypedDict, total=False):
    """Of a schedule: `graph`, or `project` for its scheduled jobs; one of `cron`, `interval` (seconds), `at`; or `on_start`."""

    name: str
    graph: int | None
    project: int
    cron: str | None
    interval: int | None
    at: str | None
    on_start: bool
    timezone: str
    start: str | None
    end: str | None
    params: Mapping[str, Any]
    enabled: bool
    jitter: int
    overlap: str
    catch_up: str
    catch_up_window: int | None
    dst: str
    exclude_dates: Sequence[str]


class NotificationFields(TypedDict, total=False):
    """Of a notification: `recipients` for mail, `url` for a webhook."""

    project: int
    graph: int | None
    schedule: int | None
    name: str
    enabled: bool
    events: Sequence[str]
    channel: str
    recipients: Sequence[str]
    url: str
    keyword: str
    keyword_absent: bool
    late_after: float | None
    slow_factor: float | None
    slow_after: float | None
