"""What a task needs to know before it starts is read through an outage of the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from runs.compiled import compiled
from scheduler import patience
from scheduler.callables.results import AncestorResults
from scheduler.work import succeeded
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE", 0.0)


def break_connection() -> None:
    """End the session of this thread's connection, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        return int(cursor.fetchone()[0])


def test_an_earlier_result_is_read_although_the_connection_has_broken(bench: Bench) -> None:
    run = bench.launch(bench.graph({key: {"queue": "test"} for key in "ab"}, "a>b"))
    bench.walker.queues, bench.walker.rung_on = ["test"], "test"
    bench.end(run, bench.claim(run), succeeded({"parcels": 3}))
    break_connection()

    results = AncestorResults(compiled(run.execution_graph_id), run.pk, 1)

    assert results["a"] == {"parcels": 3}


def test_a_transaction_is_not_gone_on_with_after_an_outage() -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        break_connection()
        patience.patiently(ask)
    assert ask() == 7


def test_an_outage_longer_than_a_lease_is_told(settings: Any) -> None:
    settings.LEASE = 0.05
    asked = []

    def away() -> int:
        asked.append(1)
        raise OperationalError("away")

    with pytest.raises(OperationalError, match="away"):
        patience.patiently(away)
    assert len(asked) > 1
