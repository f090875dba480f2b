"""The stories of the README and of the page on jobs, run as they are printed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.acceptance.shell import printed, terminal
from tests.conftest import Service
from tests.engine.warehouses import none_left_behind
from tests.running import wait_for

README, JOBS = (printed(settings.BASE_DIR / page) for page in ("README.md", "docs/jobs.md"))

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the stories are told with curl")


@pytest.fixture
def typed(service: Service, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return what types commands in a directory of the checkout's examples and the credentials of a running service."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "credentials.json").write_text(json.dumps({"token": service.token}))
    (tmp_path / "examples").symlink_to(settings.BASE_DIR / "examples")
    (tmp_path / "people.csv").write_text("name,age\nAda,36\n")
    with terminal(tmp_path) as typed, none_left_behind():
        yield lambda commands: typed(commands.replace("http://127.0.0.1:8000", service.url))


def test_the_readme_runs_as_printed(service: Service, typed: Callable[[str], str]) -> None:
    create, watch, report, send, run, look = README
    assert '"graph_id"' in typed(create)
    wait_for(lambda: _task(service, "check")["state"] == "WAITING", "the check's turn")
    assert '"RUNNING"' in typed(watch)
    assert '"Ada"' in typed(report)
    wait_for(lambda: _latest(service)["state"] == "SUCCESS", "the end")
    lines = len((settings.BASE_DIR / "examples" / "orders.csv").read_text().splitlines())
    assert _task(service, "tell")["results"] == {"result": f"{lines} lines, checked by Ada\n"}

    assert '"execution"' in typed(send)
    wait_for(lambda: _latest(service, "trigger=job")["state"] == "SUCCESS", "the import")
    assert '"execution"' in typed(run)
    wait_for(lambda: _latest(service)["name"] != "Count the orders" and _latest(service)["state"] == "SUCCESS", "the revenue")
    shown = typed(look)
    assert '"euro"' in shown
    assert '["DE",' in shown
    (schedule,) = service.client.get("/scheduler/schedule/list/").json()
    assert (schedule["name"], schedule["next"] in shown) == ("nightly", True)


def test_the_page_on_jobs_runs_as_printed(service: Service, typed: Callable[[str], str]) -> None:
    told = "".join(typed(commands) for commands in JOBS)
    jobs = service.client.get("/scheduler/job/list/").json()
    assert {job["kind"] for job in jobs} == {"sheet", "upload", "connector", "workflow", "api"}
    assert len(jobs) == "".join(JOBS).count("/create/")
    assert "t0ken" not in told


def _latest(service: Service, which: str = "") -> dict[str, Any]:
    return dict(service.client.get(f"/scheduler/execution/list/?limit=1&{which}").json()[0])


def _task(service: Service, key: str) -> dict[str, Any]:
    execution = service.client.get(f"/scheduler/execution/{_latest(service)['graph_id']}/").json()
    return next(task for task in execution["tasks"] if task["key"] == key)
