"""Is the service able to work? Each check is bounded in time, also where a server accepts and then says nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import measures, schema

LIMIT = 2.0  # seconds a check may take

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")  # bounded: hung checks do not pile up


@dataclass(frozen=True, kw_only=True)
class Report:
    """`missing` names what keeps the service from working; `checks` tells of everything looked at."""

    missing: list[str]
    checks: dict[str, Any]


def look() -> Report:
    """Check database, schema, broker and workers side by side; no check outlasts `LIMIT`."""
    asked: list[Future[Any]] = [_threads.submit(_broker), _threads.submit(_database)]
    wait(asked, timeout=LIMIT)
    broker, database = (_answer(future) for future in asked)
    unknown = dict.fromkeys(["migrations", "workers", "slots", "nodes", "oldest_unclaimed_seconds"])
    checks = {"database": "no answer", "broker": broker or "no answer", **unknown, **(database or {})}
    fine = {"database": "ok", "migrations": "ok", "broker": "ok"}
    missing = [name for name, answer in fine.items() if checks[name] != answer]
    return Report(missing=missing if checks["workers"] else [*missing, "workers"], checks=checks)


def _answer(future: Future[Any]) -> Any:
    if not future.done():
        future.cancel()
        return None
    return future.result()


def _broker() -> str | None:
    address: dict[str, Any] = {"socket_timeout": LIMIT / 2, "socket_connect_timeout": LIMIT / 2, "retry": Retry(NoBackoff(), 0)}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **address) as client:
            return "ok" if client.ping() else None
    except redis.RedisError:
        return None


def _database() -> dict[str, Any] | None:
    return _on_own_connection(_questions)


def _questions() -> dict[str, Any]:
    lacking = schema.unapplied()
    if lacking:
        return {"database": "ok", "migrations": f"not applied: {', '.join(lacking)}"}
    living = measures.live_workers()
    return {
        "database": "ok",
        "migrations": "ok",
        **living._asdict(),
        "oldest_unclaimed_seconds": round(measures.oldest_unclaimed_seconds(), 3),
    }


def _on_own_connection(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Ask on this thread's connection and close it: the thread lives on, and an idle connection would too."""
    try:
        return ask()
    except Error:
        return None
    finally:
        connection.close()
