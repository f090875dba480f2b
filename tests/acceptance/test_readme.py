"""The README's story, run as it is printed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import Service
from tests.running import wait_for

STORY = re.findall(r"```bash\n(.*?)```", (settings.BASE_DIR / "README.md").read_text(), re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the story is told with curl")
def test_the_story_runs_as_printed(service: Service, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"token": service.token}))
    create, watch, report = (
        part.replace("http://127.0.0.1:8000", service.url).replace("var/credentials.json", str(credentials)) for part in STORY
    )
    known = "\n".join(create.splitlines()[:3])  # the token, the address, and how to call

    assert '"graph_id"' in _bash(create)
    wait_for(lambda: _task(service, "check")["state"] == "WAITING", "the check's turn")
    assert '"RUNNING"' in _bash(f"{known}\n{watch}")
    assert '"Ada"' in _bash(f"{known}\n{report}")
    wait_for(lambda: _latest(service)["state"] == "SUCCESS", "the end")
    lines = len((settings.BASE_DIR / "examples" / "orders.csv").read_text().splitlines())
    assert _task(service, "tell")["results"] == {"result": f"{lines} lines, checked by Ada\n"}


def _bash(script: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _latest(service: Service) -> dict[str, object]:
    return dict(service.client.get("/scheduler/execution/list/?limit=1").json()[0])


def _task(service: Service, key: str) -> dict[str, object]:
    execution = service.client.get(f"/scheduler/execution/{_latest(service)['graph_id']}/").json()
    return next(task for task in execution["tasks"] if task["key"] == key)
