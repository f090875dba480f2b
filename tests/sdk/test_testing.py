"""The pytest plugin, in a pytest of its own, and what pydag's names stand for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from celeriac import JobError, RunFailed
from celeriac.local import Stage
from celeriac.pydag import GoCronJob, GoCronTask, PyGoCron
from celeriac.run import on

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
from celeriac import Job, Task

def pipeline():
    job = Job("orders")
    count = Task("count", "echo $DAY", env={"DAY": "{{ params.day }}"})
    check = Task("check")
    flaky = Task("flaky", "exit 1", retries=1, retry_delay=3600)
    count >> check
    job.add_task(count, check, flaky)
    return job

def test_it(celeriac_local):
    celeriac_local.freeze("2027-03-14T07:00:00Z")
    celeriac_local.reports["check"] = {"by": "ada"}
    run = celeriac_local.run(pipeline(), params={"day": "today"})
    assert run.states == {"count": "SUCCESS", "check": "SUCCESS", "flaky": "FAILED"}
    assert run.results == {"count": "today\\n", "check": {"by": "ada"}}
    assert celeriac_local.clock.now().isoformat() == "2027-03-14T08:00:00+00:00"
    assert run.task("flaky")["end_time"] == "2027-03-14T08:00:00Z"

def test_failing_reports(celeriac_local, capsys):
    celeriac_local.fail("check", "disk full")
    run = pipeline().run(check=False, params={"day": "x"})
    assert run.task("check")["errors"] == {"error": "disk full"}
    assert capsys.readouterr().out == ""

def test_without_params(celeriac_local):
    assert celeriac_local.run(pipeline()).states["count"] == "FAILED"
"""


def test_jobs_of_a_users_tests_need_no_service(tmp_path: Path) -> None:
    (tmp_path / "test_pipeline.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "celeriac.testing", "-p", "no:django", "-p", "no:cacheprovider"]
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_importing_the_package_brings_neither_django_nor_celery() -> None:
    code = """
import pkgutil, importlib, sys, celeriac
for module in pkgutil.walk_packages(celeriac.__path__, "celeriac."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sorted({name.split(".")[0] for name in sys.modules} & {"django", "celery", "dags", "runs", "scheduler", "api", "config"}))
"""
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_names_of_pydag_mean_what_they_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDAG_TASK_TIMEOUT", "60")
    a = GoCronTask("a", "true", 1)
    b = GoCronTask(name="b", command="false", node_id=["n1", "n2"], timeout=None)
    a.set_downstream(b)
    job = GoCronJob("old", PyGoCron())
    job.add_task(a, b)
    tasks = job.define().tasks
    assert [(task.get("queue"), task.get("timeout")) for task in tasks] == [("1", 60.0), ("n1", None), ("n2", None)]
    with on(Stage(shows=False)), pytest.raises(RunFailed, match="b on n1"):
        job.run()
    with pytest.raises(JobError, match="Unknown mode"):
        job.run("later")
    assert (job.replace, job.client) == (False, None)
    monkeypatch.setenv("PYDAG_RUN_NEW", "no")
    given = GoCronJob("old", task_manager=PyGoCron("http://service.test", "x"))
    assert given.replace and given.client is not None and given.client.place.url == "http://service.test"
    monkeypatch.setenv("PYDAG_RUN_NEW", "perhaps")
    with pytest.raises(JobError, match="neither yes nor no"):
        GoCronJob("old")
    monkeypatch.setenv("PYDAG_TASK_TIMEOUT", "soon")
    with pytest.raises(JobError, match="no number"):
        GoCronTask("c", "true")
