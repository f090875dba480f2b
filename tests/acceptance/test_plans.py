"""Plans on a real service: many requests at once, and a plan that is carried out at its times."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Service
from tests.running import wait_for
from tests.scheduling import database_now

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/schedule/"


def test_fifty_requests_at_once_each_get_their_own_plan(service: Service) -> None:
    def commands(number: int) -> str:
        policy = {"policy": "dummy", "config": {"seed": number, "parts": number % 9 + 2}}
        answer = service.client.post(PATH, json={"t0": "2022-01-01", "t1": "2022-01-02", "policy": policy})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["commands"])

    alone = [commands(number) for number in range(50)]
    with ThreadPoolExecutor(50) as threads:
        assert list(threads.map(commands, range(50))) == alone
    assert len(set(alone)) == 50


def test_a_plan_is_carried_out_block_after_block_each_at_its_time(service: Service) -> None:
    start = database_now() + timedelta(seconds=1)
    asked = {
        "t0": start.isoformat(),
        "t1": (start + timedelta(seconds=1)).isoformat(),
        "policy": {"policy": "dummy", "config": {"seed": 1, "parts": 2}},
        "format": "blocks",
        "launch": True,
    }
    answer = service.client.post(PATH, json=asked)
    assert answer.status_code == 201, answer.text
    blocks, run = answer.json()["blocks"], answer.json()["execution"]["graph_id"]

    def execution() -> Any:
        return service.client.get(f"/scheduler/execution/{run}/").json()

    wait_for(lambda: execution()["state"] == "SUCCESS", "the end of the plan")
    done = {task["key"]: task for task in execution()["tasks"]}
    for number, block in enumerate(blocks, start=1):
        task = done[f"block_{number}"]
        began, ended = (datetime.fromisoformat(task[name]) for name in ("start_time", "end_time"))
        assert began >= datetime.fromisoformat(block["start"])
        assert ended - began >= timedelta(seconds=block["details"]["seconds"])
    assert done["wait_2"]["start_time"] >= done["block_1"]["end_time"]
