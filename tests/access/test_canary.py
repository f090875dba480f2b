"""Secrets of the service, planted and looked for: in every row, log line, answer and broker key."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from api.models import Token
from config import commands, processes
from runs.models import GraphRun, JobRun
from tests.access.routes import routes
from tests.running import Running, running, test_database_url, wait_for

PASSWORD = "canary-password-of-ada"
TELL = """
import os, sys, urllib.request
url = os.environ["SCHEDULER_REPORT_URL"]
open(sys.argv[1], "w").write(url)
ask = urllib.request.Request(url, b'{"progress": 0.5}', {"Content-Type": "application/json"})
print(urllib.request.urlopen(ask).status)
"""
# All that a command may see of its own process, of its errors, and of what is around it.
SHELL = "env; export; cat /proc/self/environ; echo $SECRET_KEY$DATABASE_URL$REDIS_URL$CANARY; env >&2; exit 3"
TASKS: list[dict[str, Any]] = [
    {"key": "shell", "driver": "shell", "command": SHELL},
    {"key": "exec", "driver": "exec", "command": "env"},
    {"key": "own", "driver": "exec", "command": "cat /proc/self/environ"},
    {"key": "missing", "driver": "exec", "command": "/nowhere/$CANARY"},
    {"key": "cwd", "driver": "shell", "command": "pwd", "configs": {"cwd": "/nowhere"}},
    {"key": "slow", "driver": "shell", "command": "env; sleep 60", "timeout": 0.5},
    {"key": "python", "driver": "python", "command": "scheduler.tasks.example_func"},
]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A service whose secrets are known, by what they are of."""

    client: httpx.Client
    logs: list[Running]
    secrets: dict[str, str]


@pytest.fixture
def planted(transactional_db: None) -> Iterator[Planted]:
    user = User.objects.create_superuser("ada", password=PASSWORD)
    _, token = Token.objects.create(user=user)
    known = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "the database's password": secrets.token_urlsafe(20),
        "the broker's password": urlsplit(settings.REDIS_URL).password or "",
        "a variable": secrets.token_urlsafe(20),
        "a token": token,
        "a password": PASSWORD,
        "a mistyped password": f"{PASSWORD}!",
    }
    database = urlsplit(test_database_url("canary"))
    password = known["the database's password"]
    place = f"{database.username or 'postgres'}:{password}@{database.netloc.rpartition('@')[2]}"
    port = processes.free_port()
    environment = {
        "SECRET_KEY": known["SECRET_KEY"],
        "DATABASE_URL": database._replace(netloc=place).geturl(),
        "CANARY": known["a variable"],
        "CELERIAC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "DEBUG",
    }
    with (
        running(commands.web(port), "canary-web", **environment) as web,
        running(commands.worker(["canary"], "", 2), "canary-worker", **environment) as worker,
        httpx.Client(base_url=environment["CELERIAC_PUBLIC_URL"], timeout=20, trust_env=False) as client,
    ):
        client.headers["Authorization"] = f"Token {token}"
        wait_for(lambda: _ready(client), "the service")
        yield Planted(client=client, logs=[web, worker], secrets=known)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def test_no_secret_is_anywhere_but_where_it_is_kept(planted: Planted, tmp_path: Path) -> None:
    told = tmp_path / "url"
    own: dict[str, Any] = {
        "key": "tell",
        "driver": "exec",
        "command": sys.executable,
        "configs": {"args": ["-c", TELL, str(told)]},
    }
    run = launched(planted.client, [*TASKS, own])
    log_in(planted)
    key = told.read_text().rstrip("/").rpartition("/")[2]
    for method, path in (("POST", f"/scheduler/execution/report/{key}/"), ("GET", f"/scheduler/execution/report/{key}")):
        planted.client.request(method, path, json={})  # too late, and with the wrong method
    assert JobRun.objects.get(graph_run=run, key="tell").results["result"].strip() == "200"

    places = {
        "the database": "\n".join(rows()),
        "the logs": "\n".join(process.log.read_text() for process in planted.logs),
        "the answers": "\n".join(answers(planted.client, run)),
        "the broker": "\n".join(broker()),
    }
    for place, text in places.items():
        assert len(text) > (0 if place == "the broker" else 1000), f"nothing was looked at in {place}"
    assert "SCHEDULER_TASK_ID" in places["the database"], "the commands have told their environment"
    assert "/execution/report/***" in places["the logs"], "the reports have been logged"
    searched = {**planted.secrets, "a one-time key": key}
    found = [(what, place) for what, secret in searched.items() for place, text in places.items() if secret in text]
    assert found == []


def launched(client: httpx.Client, tasks: list[dict[str, Any]]) -> GraphRun:
    """Return an execution of these tasks that has ended."""
    definition = [{"name": task["key"], "queue": "canary", **task} for task in tasks]
    graph = client.post("/scheduler/dag/create/", json={"name": "canary", "tasks": definition}).raise_for_status().json()
    execution = client.post(f"/scheduler/dag/{graph['graph_id']}/execute/").raise_for_status().json()
    wait_for(lambda: GraphRun.objects.get(pk=execution["graph_id"]).completed_at, "the end of the execution")
    return GraphRun.objects.get(pk=execution["graph_id"])


def log_in(planted: Planted) -> None:
    """Log in to the admin with a wrong and with the right password, and ask the API with a wrong token."""
    with httpx.Client(base_url=planted.client.base_url, timeout=20, trust_env=False, follow_redirects=True) as browser:
        for password in (planted.secrets["a mistyped password"], PASSWORD):
            browser.get("/admin/login/")
            form = {"username": "ada", "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            assert browser.post("/admin/login/?next=/admin/", data=form).is_success
        assert browser.get("/scheduler/dag/list/").status_code == 200
    wrong = {"Authorization": f"Token {planted.secrets['a token'][:-1]}"}
    assert planted.client.get("/scheduler/dag/list/", headers=wrong).status_code == 401


def rows() -> Iterator[str]:
    """Yield every row of every table as text."""
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")
            yield from (row[0] for row in cursor.fetchall())


def answers(client: httpx.Client, run: GraphRun) -> Iterator[str]:
    """Yield what every path answers, for each of the execution's tasks, and with every form of an error."""
    jobs = list(JobRun.objects.filter(graph_run=run).values_list("pk", flat=True))
    for route in routes():
        if route.method != "GET":
            continue
        values: list[object] = [None]
        if route.parameter:
            values = [*jobs, 10**17] if "task" in route.name else [run.pk, run.graph_id, run.project_id, 10**17]
        for value in values:
            answer = client.get(route.path(value))
            yield f"{answer.headers}{answer.text}"
    for path in ("/nowhere", "/api/schema/", "/scheduler/dag/list/?cursor=x", "/admin/login/"):
        yield client.get(path).text


def broker() -> Iterator[str]:
    """Yield every key of Redis with what it holds."""
    readers = {"string": "GET", "list": "LRANGE {} 0 -1", "set": "SMEMBERS", "zset": "ZRANGE {} 0 -1", "hash": "HGETALL"}
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        for key in client.scan_iter():
            command, *rest = readers[client.type(key)].replace(" {}", "").split()
            yield f"{key} {client.execute_command(command, key, *rest)}"
