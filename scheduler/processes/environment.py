"""The environment of a process: listed variables of ours, the task's own, the facts of its attempt, and nothing besides."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from scheduler import report_keys
from scheduler.values import as_text
from scheduler.work import Work

OURS = "SCHEDULER_"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_VARIABLE = 100_000  # bytes; the kernel refuses a command with a variable over 128 KiB
MAX_RESULTS = 20  # parents whose results are variables: each costs a query, and templates reach the others
MAX_VARIABLES = 500_000  # bytes of our variables in sum; the kernel bounds the whole as well


def environment(work: Work) -> tuple[dict[str, str], list[str]]:
    """Return the variables of `work`'s process, and the names of those left out because they are too large."""
    inherited = {name: os.environ[name] for name in settings.TASK_ENV if name in os.environ}
    told, left_out = told_environment(work)
    return inherited | told, left_out


def told_environment(work: Work) -> tuple[dict[str, str], list[str]]:
    """Return the same without ours: what reaches a work whose system is not this one."""
    own = {name: as_text(value) for name, value in work.configs.get("env", {}).items()}
    facts, left_out = _bounded(_facts(work))
    return own | facts, left_out


def _facts(work: Work) -> Iterable[tuple[str, str]]:
    yield "SCHEDULER_TASK_ID", str(work.job_run_id)
    yield "SCHEDULER_ATTEMPT", str(work.attempt)
    if work.graph_run_id is not None:
        yield "SCHEDULER_EXECUTION_ID", str(work.graph_run_id)
    if work.report_key is not None:
        yield "SCHEDULER_REPORT_URL", report_keys.url(work.report_key)
    yield "SCHEDULER_PARAMS", json.dumps(dict(work.params), ensure_ascii=False)
    scalars = {key: value for key, value in work.params.items() if not isinstance(value, dict | list)}
    yield from _named("SCHEDULER_PARAM_", scalars)
    yield from _named("SCHEDULER_RESULT_", dict(_results(work)))


def _results(work: Work) -> Iterable[tuple[str, Any]]:
    for key in work.parents[:MAX_RESULTS]:
        with contextlib.suppress(KeyError):  # it ended without a result
            yield key, work.results[key]


def _named(prefix: str, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Name each value after its key, in capitals; where two keys make one name, neither gets it."""
    names = {key: prefix + re.sub(r"[^A-Z0-9_]", "_", key.upper()) for key in values}
    count = Counter(names.values())
    return [(names[key], as_text(value)) for key, value in values.items() if count[names[key]] == 1]


def _bounded(facts: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    kept: dict[str, str] = {}
    left_out: list[str] = []
    room = MAX_VARIABLES
    for name, value in facts:
        size = len(name) + len(value.encode("utf-8", "replace")) + 2
        if size > min(MAX_VARIABLE, room):
            left_out.append(name)
        else:
            kept[name] = value
            room -= size
    return kept, left_out
