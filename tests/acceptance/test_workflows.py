"""Real workflow graphs, run whole by a real worker: order, one start each, the right end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from runs.models import GraphRun, JobRun, Transition
from tests.conftest import Service
from tests.running import wait_for

WORKFLOWS = Path(os.environ.get("CELERIAC_WORKFLOWS", settings.BASE_DIR.parent / "shared" / "workflows"))
FILES = sorted(WORKFLOWS.glob("*.json"))
SCALE = 10_000
LIMIT = 120  # seconds for the largest

pytestmark = pytest.mark.skipif(
    not FILES, reason="no workflow graphs beside this checkout; CELERIAC_WORKFLOWS names their folder"
)


def definition(file: Path) -> dict[str, Any]:
    """Return a workflow as the body of dag/create/, each task a sleep of its measured time, ten thousand times shorter."""
    workflow = json.loads(file.read_text())
    return {
        "name": workflow["name"],
        "tasks": [
            {"name": task["key"], "key": task["key"], "driver": "exec", "command": f"sleep {task['seconds'] / SCALE:.6f}"}
            for task in workflow["tasks"]
        ],
        "edges": [{"task_from": start, "task_to": end} for start, end in workflow["edges"]],
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.timeout(LIMIT + 30)
def test_it_runs_in_topological_order_each_task_once(file: Path, service: Service) -> None:
    graph = definition(file)
    created = service.client.post("/scheduler/dag/create/", json=graph)
    assert created.status_code == 201, created.text

    launched = service.client.post(f"/scheduler/dag/{created.json()['graph_id']}/execute/")
    assert launched.status_code == 201, launched.text
    run = GraphRun.objects.get(pk=launched.json()["graph_id"])
    wait_for(lambda: GraphRun.objects.filter(pk=run.pk, completed_at__isnull=False).exists(), "the end of the run", LIMIT)

    run.refresh_from_db()
    job_runs = {job_run.key: job_run for job_run in JobRun.objects.filter(graph_run=run)}
    assert run.state == "SUCCESS"
    assert len(job_runs) == len(graph["tasks"])
    assert {job_run.state for job_run in job_runs.values()} == {"SUCCESS"}
    started = {key: job_run.started_at for key, job_run in job_runs.items() if job_run.started_at}
    completed = {key: job_run.completed_at for key, job_run in job_runs.items() if job_run.completed_at}
    assert [edge for edge in graph["edges"] if started[edge["task_to"]] < completed[edge["task_from"]]] == []
    starts = Transition.objects.filter(graph_run=run, to_state="RUNNING", job_run__isnull=False)
    assert starts.count() == starts.values("job_run").distinct().count() == len(job_runs)
