"""Deliveries by many, and by processes that die."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from config import commands
from dags.models import Task
from notifications import delivering, services
from notifications.models import Delivery
from runs.models import GraphRun
from scheduler.launching import Launch, launch
from tests import factories, notices
from tests.concurrency.test_edits import at_once
from tests.receivers import Asked, Receiver, Told, receiving
from tests.running import running, wait_for

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


@pytest.mark.parametrize(("point", "times"), [("deliver.claimed", 1), ("deliver.sent", 2)])
def test_a_worker_that_dies_while_delivering_loses_nothing(settings: Any, tmp_path: Path, point: str, times: int) -> None:
    """Dead before the request it is told once, dead after it twice, by the same id."""
    with receiving() as receiver, deliverer(receiver, CELERIAC_FAULT=f"{point}=kill", CELERIAC_FAULT_DIR=str(tmp_path)):
        settings.OUTBOUND_ALLOW = [receiver.place]
        graph = failing_graph()
        made = notices.webhook(graph.project, url=receiver.url(), keyword="disk is full")
        (run,) = launch([Launch(graph=graph)])
        wait_for(lambda: Delivery.objects.filter(status="delivered").exists(), "the delivery")
    assert GraphRun.objects.get(pk=run.pk).state == "FAILED"
    assert (tmp_path / f"fired-{point}").exists()
    assert len(receiver.asked) == times
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    for asked in receiver.asked:
        told = Webhook(made.secret or "").verify(asked.body, dict(asked.headers))
        assert told["data"]["failures"][0]["key"] == "a"


def test_the_sweep_finds_what_nobody_was_rung_for(settings: Any) -> None:
    with receiving() as receiver:
        settings.OUTBOUND_ALLOW = [receiver.place]
        made = notices.webhook(url=receiver.url())
        services.send_tests([made.notification])  # its ring goes unheard: there is no worker yet
        Delivery.objects.update(rung_at=None)
        with deliverer(receiver):
            wait_for(lambda: Delivery.objects.filter(status="delivered").exists(), "the delivery")


def deliverer(receiver: Receiver, **environment: str) -> Any:
    """Run a worker that may reach the receiver."""
    allowed = {"CELERIAC_OUTBOUND_ALLOW": receiver.place, "CELERIAC_NOTIFY_TIMEOUT": "0.5"}
    return running(commands.worker(["default"], "", 2), "deliverer", **allowed, **environment)
