"""A project of jobs as its owner meets it: over REST, on real files, by real workers, into a real warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery.result import AsyncResult
from standardwebhooks import Webhook

from tests.acceptance.shop import SALES, SQL, STORES, Shop, opened, workbook
from tests.conftest import Service
from tests.receivers import Receiver
from tests.running import wait_for

SOURCES = {"sales", "rates", "stores", "visits"}
REPORT = [
    ["Ada", "berlin", 150.5, True, 3.7625, 150.5 / 730.5],
    ["Edsger", "porto", 80, True, 4, 80 / 730.5],
    ["Grace", "oslo", 500, False, 5, 500 / 730.5],
]


@pytest.fixture
def shop(service: Service, outside: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop, of which nothing has run yet."""
    with opened(service, outside, tmp_path_factory.mktemp("shop").name) as shop:
        yield shop


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """A shop that has run once."""
    shop.run_uploads()
    execution = shop.run()["execution"]
    shop.sync()
    assert shop.ended(execution)["state"] == "SUCCESS"
    return shop


def close_to(rows: list[list[Any]]) -> list[list[Any]]:
    return [[pytest.approx(value) if isinstance(value, float) else value for value in row] for row in rows]


def states_of(execution: dict[str, Any]) -> dict[str, str]:
    return {key: task["state"] for key, task in execution["tasks"].items()}


def reasons(execution: dict[str, Any]) -> dict[str, str]:
    return {key: task["reason"] for key, task in execution["tasks"].items() if task["state"] == "SKIPPED"}


def test_it_runs_whole_each_job_after_what_it_reads(shop: Shop) -> None:
    assert set(shop.states().values()) == {"update"}
    shop.run_uploads()
    launched = shop.run()
    execution = launched["execution"]

    # While the world outside has not reported, nothing is held up but what reads it.
    wait_for(lambda: shop.progress()["counts"] == {"SUCCESS": 6, "WAITING": 1, "PENDING": 1}, "all but the report")
    progress = shop.progress()
    assert (progress["state"], progress["execution"], progress["tasks"]["visits"]) == ("RUNNING", execution, "WAITING")
    assert progress["jobs"][str(shop.jobs["report"]["id"])] == "PENDING"
    assert shop.states() == dict.fromkeys(shop.jobs, "done") | {"visits": "load", "report": "pending"}
    assert AsyncResult(launched["task_id"]).state == "STARTED"
    shop.sync()

    run = shop.ended(execution)
    assert (run["state"], run["trigger"]) == ("SUCCESS", "manual")
    assert AsyncResult(launched["task_id"]).get(timeout=5) == {"execution": execution, "state": "SUCCESS"}
    assert set(shop.states().values()) == {"done"}
    assert shop.get(f"project/{shop.project}/")["state"] == "SUCCESS"
    _started_in_order(run)
    _tables_are_right(shop)
    _results_tell_of_the_work(shop, run)
    for name in (*SQL, *SOURCES):
        assert [(one["execution"], one["state"]) for one in shop.runs(name)] == [(execution, "SUCCESS")]
    for name in ("targets", "managers"):
        assert [(one["trigger"], one["state"]) for one in shop.runs(name)] == [("job", "SUCCESS")]
        assert shop.run_job(name)["reason"].startswith("imported already")


def _started_in_order(run: dict[str, Any]) -> None:
    tasks = run["tasks"]
    keys = {task["task_id"]: key for key, task in tasks.items()}
    pairs = {(keys[edge["task_from"]], keys[edge["task_to"]]) for edge in run["edges"]}
    assert pairs == {
        ("sales", "in_euro"),
        ("rates", "in_euro"),
        ("in_euro", "by_country"),
        ("stores", "by_country"),
        ("in_euro", "by_store"),
        ("by_country", "report"),
        ("by_store", "report"),
        ("visits", "report"),
    }
    assert all(tasks[start]["end_time"] <= tasks[end]["start_time"] for start, end in pairs)


def _tables_are_right(shop: Shop) -> None:
    assert shop.rows("sales") == sorted(SALES)
    assert shop.columns("sales") == {
        "day": "date",
        "store": "text",
        "item": "text",
        "amount": "numeric",
        "currency": "text",
    }
    assert shop.rows("rates") == [["EUR", 1], ["NOK", 0.125]]
    assert shop.rows("stores") == [["berlin", "Germany"], ["oslo", "Norway"], ["porto", "Portugal"]]
    assert shop.rows("targets") == [["berlin", 150], ["oslo", 600], ["porto", 80]]
    assert shop.rows("managers") == [["berlin", "Ada"], ["oslo", "Grace"], ["porto", "Edsger"]]
    assert shop.rows("visits") == [["berlin", 40], ["oslo", 100], ["porto", 20]]
    assert shop.rows("in_euro") == [
        ["2027-01-02", "berlin", "lamp", 100],
        ["2027-01-02", "oslo", "lamp", 125],
        ["2027-01-03", "berlin", "chair", 50.5],
        ["2027-01-03", "oslo", "desk", 375],
        ["2027-01-04", "porto", "lamp", 80],
    ]
    assert shop.rows("by_country") == [["Germany", 150.5], ["Norway", 500], ["Portugal", 80]]
    assert shop.rows("by_store") == [["berlin", 150.5, True], ["oslo", 500, False], ["porto", 80, True]]
    assert shop.rows("report") == close_to(REPORT)


def _results_tell_of_the_work(shop: Shop, run: dict[str, Any]) -> None:
    results = {key: task["results"]["result"] for key, task in run["tasks"].items()}
    assert (results["sales"]["format"], results["sales"]["rows"]) == ("xlsx", 5)
    assert (results["stores"]["format"], results["stores"]["delimiter"], results["stores"]["rows"]) == ("csv", "semicolon", 3)
    assert results["visits"] == {"rows": 3}
    assert (results["report"]["table"], results["report"]["rows"]) == ("report", 3)


def test_with_one_file_changed_only_what_depends_on_it_does_work(open_shop: Shop) -> None:
    shop = open_shop
    shop.write("stores.csv", STORES.replace("Portugal", "Spain").encode())
    execution = shop.run()["execution"]
    shop.sync(calls=2)

    run = shop.ended(execution)
    assert run["state"] == "SUCCESS"
    worked = {key for key, state in states_of(run).items() if state == "SUCCESS"}
    assert worked == {"stores", "by_country", "report", "visits"}  # a connector is asked to sync whenever it is run
    why = reasons(run)
    assert why.keys() == {"sales", "rates", "in_euro", "by_store"}
    assert why["sales"].startswith("unchanged since the last import: last modified at ")
    assert why["rates"] == "unchanged since the last import: its ETag is the same"
    assert why["in_euro"].startswith("up to date: its SQL and what it reads (rates, sales) have not changed since ")
    assert why["by_store"].startswith("up to date: its SQL and what it reads (in_euro, targets) have not changed since ")
    assert shop.rows("by_country") == [["Germany", 150.5], ["Norway", 500], ["Spain", 80]]
    assert shop.rows("report") == close_to(REPORT)
    assert set(shop.states().values()) == {"done"}
    assert [one["state"] for one in shop.runs("sales")] == ["SKIPPED", "SUCCESS"]


def test_a_broken_file_stops_only_what_reads_it_and_both_ends_are_told(open_shop: Shop) -> None:
    shop = open_shop
    told = shop.client.post(
        "/scheduler/notification/create/",
        json={
            "project": shop.project,
            "name": "on call",
            "events": ["failure", "recovery"],
            "channel": "webhook",
            "url": shop.outside.url("/hook"),
        },
    ).json()

    shop.write("stores.csv", f"{STORES}madrid;Spain;what is this?\n".encode())
    shop.write("sales.xlsx", workbook([*SALES, ["2027-01-05", "porto", "desk", 20, "EUR"]]))
    launched = shop.run()
    shop.sync(calls=2)
    run = shop.ended(launched["execution"])

    # The fault is told where it is, with its line.
    states = states_of(run)
    assert run["state"] == "FAILED"
    assert {key for key, state in states.items() if state == "SUCCESS"} == {"sales", "in_euro", "by_store", "visits"}
    assert (states["rates"], states["stores"]) == ("SKIPPED", "FAILED")
    assert (states["by_country"], states["report"]) == ("SKIPPED", "SKIPPED")
    errors = run["tasks"]["stores"]["errors"]
    assert errors["error"].startswith("1 bad row. The first is in line 5: ")
    assert [row["line"] for row in errors["bad_rows"]] == [5]
    assert "stores" in reasons(run)["by_country"]
    with pytest.raises(Exception, match="is FAILED"):
        AsyncResult(launched["task_id"]).get(timeout=5)

    # What stood stands, and the other branch is done.
    assert shop.rows("stores") == [["berlin", "Germany"], ["oslo", "Norway"], ["porto", "Portugal"]]
    assert shop.rows("by_country") == [["Germany", 150.5], ["Norway", 500], ["Portugal", 80]]
    assert shop.rows("report") == close_to(REPORT)
    assert shop.rows("by_store") == [["berlin", 150.5, True], ["oslo", 500, False], ["porto", 100, True]]
    assert shop.states() == dict.fromkeys(shop.jobs, "done") | {"stores": "error"}
    assert shop.get(f"project/{shop.project}/")["state"] == "FAILED"
    assert shop.get(shop.path("by_country"))["is_out_of_date"] is True

    # Mended, only what was missing is made up for.
    shop.write("stores.csv", STORES.encode())
    mended = shop.run()["execution"]
    shop.sync(calls=3)
    run = shop.ended(mended)
    assert run["state"] == "SUCCESS"
    assert reasons(run).keys() == {"sales", "rates", "in_euro", "by_store", "stores"}
    assert shop.rows("by_country") == [["Germany", 150.5], ["Norway", 500], ["Portugal", 100]]
    assert [row[2] for row in shop.rows("report")] == [150.5, 100, 500]
    assert set(shop.states().values()) == {"done"}

    # And who asked for it was told of both ends.
    wait_for(lambda: len(shop.told()) == 2, "the news of failure and recovery")
    news = [Webhook(told["secret"]).verify(asked.body, dict(asked.headers)) for asked in shop.told()]
    assert [one["type"] for one in news] == ["execution.failed", "execution.recovered"]
    assert [one["data"]["execution"]["id"] for one in news] == [launched["execution"], mended]
    assert [failure["key"] for failure in news[0]["data"]["failures"]] == ["stores"]
    assert news[0]["data"]["failures"][0]["error"].startswith("1 bad row.")
