"""The example that `make up` shows: run over REST, reported from outside, told as a tree."""

from __future__ import annotations

import io

from rich.console import Console

from config import showcase
from tests.conftest import Service


def _shown(service: Service) -> str:
    printed = io.StringIO()
    showcase.run(Console(file=printed, width=200), service.url, service.token)
    return printed.getvalue()


def test_it_ends_well_and_is_shown_as_a_tree(service: Service) -> None:
    shown = _shown(service)
    assert "Monthly orders #" in shown
    assert "└── Write the report  SUCCESS" in shown
    assert "(also after revenue, best)" in shown
    assert "RUNNING" not in shown
    assert "curl -X POST" in shown
    assert service.token not in shown


def test_later_tasks_use_what_earlier_ones_found(service: Service) -> None:
    _shown(service)
    run = service.client.get("/scheduler/execution/list/").json()[0]["graph_id"]
    results = {
        task["key"]: task["results"]["result"] for task in service.client.get(f"/scheduler/execution/{run}/").json()["tasks"]
    }
    revenue = results["revenue"]
    assert results["read"] == {"orders": 60, "first": "2026-01-01", "last": "2026-01-30"}
    assert len(revenue) == 4
    assert results["report"]["title"] == f"60 orders, {sum(revenue.values()):.2f} EUR"
    assert results["report"]["text"].startswith(f"{max(revenue, key=revenue.get)}: {max(revenue.values()):.2f} EUR\n")
    assert results["report"]["text"].endswith("Large orders: 13\nApproved by make up")
    assert results["announce"] == f"January: {results['report']['title']}\n"


def test_a_second_run_uses_the_same_graph(service: Service) -> None:
    _shown(service)
    _shown(service)
    assert len(service.client.get("/scheduler/dag/list/").json()) == 1
    assert len(service.client.get("/scheduler/execution/list/").json()) == 2


def test_it_has_a_schedule_that_waits_to_be_switched_on(service: Service) -> None:
    shown = _shown(service) + _shown(service)
    (schedule,) = service.client.get("/scheduler/schedule/list/").json()
    assert (schedule["name"], schedule["cron"], schedule["enabled"]) == ("monthly orders", "0 3 * * *", False)
    assert shown.count(f"/scheduler/schedule/{schedule['id']}/resume/") == 2
    resumed = service.client.post(f"/scheduler/schedule/{schedule['id']}/resume/").json()
    assert resumed["next"].endswith("T03:00:00Z")
    assert "resume" not in _shown(service)
