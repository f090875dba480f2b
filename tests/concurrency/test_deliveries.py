"""Deliveries by many, and by processes that die."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from standardwebhooks import Webhook

from config import commands
from dags.models import Task
from notifications import delivering, outbox, services
from notifications.models import Delivery
from runs.models import GraphRun, Worker
from scheduler.launching import Launch, launch
from tests import factories, notices
from tests.concurrency.test_edits import at_once
from tests.receivers import Asked, Receiver, Told, receiving
from tests.running import Running, running, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_deliver_at_once_and_each_once(settings: Any) -> None:
    def slowly(asked: Asked) -> Told:
        time.sleep(0.01)
        return Told()

    with receiving(slowly) as receiver:
        settings.OUTBOUND_ALLOW = [receiver.place]
        rules = [notices.webhook(url=receiver.url()).notification for _ in range(30)]
        services.send_tests(rules)
        at_once(*[delivering.deliver] * 4)
    assert set(Counter(asked.headers["webhook-id"] for asked in receiver.asked).values()) == {1}
    assert list(Delivery.objects.values_list("status", "tries").distinct()) == [("delivered", 1)]


def failing_graph() -> Any:
    graph = factories.graph()
    Task.objects.create(parent=graph, name="a", key="a", driver="shell", command="echo the disk is full; exit 3")
    return graph


def test_workers_that_die_while_delivering_lose_nothing(settings: Any, tmp_path: Path, surroundings: dict[str, str]) -> None:
    """Dead before the request it is told once, dead after it twice, by the same id."""
    points = ("deliver.claimed", "deliver.sent")
    armed = {"CELERIAC_FAULT": ";".join(f"{point}=kill" for point in points), "CELERIAC_FAULT_DIR": str(tmp_path)}
    with receiving() as receiver:
        settings.OUTBOUND_ALLOW = [receiver.place]
        allowed = {"CELERIAC_OUTBOUND_ALLOW": receiver.place}
        with running(commands.worker(["default"], "", 2), "deliverer", **surroundings | allowed | armed):
            wait_for(Worker.objects.exists, "the worker")
            graph = failing_graph()
            made = notices.webhook(graph.project, url=receiver.url(), keyword="disk is full")
            (run,) = launch([Launch(graph=graph)])
            for times, point in enumerate(points):
                wait_for((tmp_path / f"fired-{point}").exists, "the death of who delivers")
                assert len(receiver.asked) == times
                Delivery.objects.update(leased_until=Now())  # half a minute later
            wait_for(lambda: Delivery.objects.filter(status="delivered").exists(), "the delivery")
    assert GraphRun.objects.get(pk=run.pk).state == "FAILED"
    assert len(receiver.asked) == 2
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    for asked in receiver.asked:
        told = Webhook(made.secret or "").verify(asked.body, dict(asked.headers))
        assert told["data"]["failures"][0]["key"] == "a"


def test_the_sweep_finds_what_nobody_was_rung_for(
    worker: Running, outside: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW = [outside.place]
    monkeypatch.setattr(outbox, "ring", lambda: None)  # its message is lost
    services.send_tests([notices.webhook(url=outside.url()).notification])
    Delivery.objects.update(rung_at=None)
    wait_for(lambda: Delivery.objects.filter(status="delivered").exists(), "the delivery")
