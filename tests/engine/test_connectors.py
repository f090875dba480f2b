"""Connectors, against an external system of this machine that syncs in its own time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import override_settings

from dags.models import Project
from jobs import connectors, syncs
from jobs.models import Connector, Sync
from jobs.running import Done, JobError, Later
from tests.attempts import BEGUN, REPORT_URL, Attempt
from tests.receivers import Asked, Receiver, Told, receiving

pytestmark = pytest.mark.django_db


class System:
    """An external system: `/start` begins a sync, `/syncs/<id>` tells of it; `status` is what it tells next."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.status: Any = {"state": "running"}
        self.start: Told = Told(body=b'{"data": {"id": 17}}')
        self.refused: Told | None = None
        receiver.answers = self._answer

    def _answer(self, asked: Asked) -> Told:
        if self.refused is not None:
            return self.refused
        return self.start if asked.path == "/start" else Told(body=json.dumps(self.status).encode())

    @property
    def asked(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.receiver.asked]


@pytest.fixture
def system() -> Iterator[System]:
    with receiving() as receiver, override_settings(OUTBOUND_ALLOW=[receiver.place]):
        yield System(receiver)


def _connector(system: System, **fields: Any) -> Connector:
    url = system.receiver.url
    defaults = {
        "name": "crm", "kind": "connector", "url": url("/start"), "finish": "poll", "status_url": url("/syncs/{id}"),
        "id_path": "$.data.id", "state_path": "$.state", "done_values": ["done"], "failed_values": ["failed"],
    }  # fmt: skip
    project, _ = Project.objects.get_or_create(name="test")
    return Connector.objects.create(project=project, **{**defaults, **fields})


def _waiting_for_itself(system: System, **fields: Any) -> Connector:
    """Return a connector whose system starts by itself."""
    return _connector(system, **{
        "start": False, "url": "", "id_path": "", "status_url": system.receiver.url("/status"), "synced_path": "$.synced",
        "failed_path": "$.failed", "paused_path": "$.paused", **fields,
    })  # fmt: skip


def test_a_sync_is_started_once_and_looked_at_until_it_is_done(system: System) -> None:
    connector, attempt = _connector(system), Attempt()
    assert connectors.run(connector, attempt.running) == Later("crm syncs", 600)
    assert attempt.said == ["crm has started sync 17."]
    why = "waits for crm: its state is 'running' (look 1 of 144)"
    assert connectors.run(connector, attempt.again()) == Later(why, 600)
    system.status = {"state": "done"}
    assert connectors.run(connector, attempt.again()) == Done({"id": "17", "state": "done", "looks": 2})
    assert system.asked == ["POST /start", "GET /syncs/17", "GET /syncs/17"]
    assert system.receiver.asked[0].headers["idempotency-key"] == "run-1"


def test_another_run_starts_a_sync_of_its_own_beside_the_first(system: System) -> None:
    connector, first, second = _connector(system), Attempt(), Attempt(identity="run-2")
    connectors.run(connector, first.running)
    system.start = Told(body=b'{"data": {"id": "b/../c"}}')
    connectors.run(connector, second.running)
    connectors.run(connector, first.again())
    connectors.run(connector, second.again())
    assert system.asked == ["POST /start", "POST /start", "GET /syncs/17", "GET /syncs/b%2F..%2Fc"]


def test_a_call_whose_answer_nobody_wrote_down_is_made_again_under_the_same_key(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector, attempt = _connector(system), Attempt()
    with monkeypatch.context() as patched:
        patched.setattr(syncs, "started", lambda sync, **fields: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            connectors.run(connector, attempt.running)
    assert connectors.run(connector, attempt.again()) == Later("crm syncs", 600)
    assert [asked.headers["idempotency-key"] for asked in system.receiver.asked] == ["run-1", "run-1"]
    connectors.run(connector, attempt.again())
    assert system.asked[2:] == ["GET /syncs/17"]


def test_a_report_is_waited_for_and_not_for_ever(system: System) -> None:
    connector = _connector(system, finish="report", body={"hook": "{report_url}"}, id_path="", poll_interval=10, max_polls=6)
    attempt = Attempt()
    assert connectors.run(connector, attempt.running) == Later("waits for the report of crm", 60)
    assert json.loads(system.receiver.asked[0].body) == {"hook": REPORT_URL}
    Sync.objects.update(called_at=Now() - timedelta(seconds=61))
    with pytest.raises(JobError, match="crm has not reported within 60 s") as raised:
        connectors.run(connector, attempt.again())
    assert raised.value.permanent
    assert len(system.asked) == 1


def test_after_a_death_the_system_is_told_the_new_address_to_report_to(system: System) -> None:
    connector = _connector(system, finish="report", body={"hook": "{report_url}"}, id_path="")
    attempt = Attempt()
    connectors.run(connector, attempt.running)
    connectors.run(connector, attempt.again(report_url="https://celeriac.example/second/"))
    first, second = system.receiver.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert json.loads(second.body) == {"hook": "https://celeriac.example/second/"}


def test_a_failed_or_paused_sync_fails_and_says_which(system: System) -> None:
    connector, attempt = _connector(system, paused_path="$.paused"), Attempt()
    connectors.run(connector, attempt.running)
    for status, said in [({"state": "failed"}, "its state is 'failed'"), ({"state": "idle", "paused": True}, "it is paused")]:
        system.status = status
        with pytest.raises(JobError, match=f"crm did not sync: {said}") as raised:
            connectors.run(connector, attempt.again())
        assert raised.value.permanent


def test_looks_come_to_an_end(system: System) -> None:
    connector, attempt = _connector(system, max_polls=2, poll_interval=5), Attempt()
    connectors.run(connector, attempt.running)
    assert isinstance(connectors.run(connector, attempt.again()), Later)
    with pytest.raises(JobError, match=r"crm has not synced in time \(2 looks, 5 s apart\): its state is 'running'"):
        connectors.run(connector, attempt.again())


def test_a_status_that_cannot_be_read_for_a_while_is_waited_for(system: System) -> None:
    connector, attempt = _connector(system, max_polls=3), Attempt()
    connectors.run(connector, attempt.running)
    system.refused = Told(status=502, body=b"bad gateway")
    ended = connectors.run(connector, attempt.again())
    assert isinstance(ended, Later)
    assert "answered 502 Bad Gateway (look 1 of 3)" in ended.reason
    system.refused, system.status = None, "not an object"
    assert "There is no state at $.state" in connectors.run(connector, attempt.again()).reason  # type: ignore[union-attr]
    system.refused = Told(status=502)
    with pytest.raises(JobError, match="502"):
        connectors.run(connector, attempt.again())


def test_what_is_not_known_upstream_fails_at_once(system: System) -> None:
    connector, attempt = _connector(system), Attempt()
    connectors.run(connector, attempt.running)
    system.refused = Told(status=404, body=b"no such sync")
    with pytest.raises(JobError, match="crm is not known there") as raised:
        connectors.run(connector, attempt.again())
    assert (raised.value.permanent, raised.value.facts) == (True, {"status": 404, "answer": "no such sync"})


def test_a_system_that_is_busy_is_started_later(system: System) -> None:
    connector, attempt = _connector(system, max_polls=2), Attempt()
    system.start = Told(status=409, body=b"a sync is under way")
    ended = connectors.run(connector, attempt.running)
    assert isinstance(ended, Later)
    assert (ended.seconds, "crm cannot start now" in ended.reason) == (600, True)
    system.start = Told(status=429, headers={"Retry-After": "5"})
    assert connectors.run(connector, attempt.again()).seconds == 5  # type: ignore[union-attr]
    with pytest.raises(JobError, match="crm could not be started in 2 tries"):
        connectors.run(connector, attempt.again())


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": {}}', b'{"data": {"id": true}}', b'{"data": {"id": ""}}', b"[" * 9999])
def test_an_answer_without_the_id_that_is_needed_is_told_so(system: System, body: bytes) -> None:
    system.start = Told(body=body)
    with pytest.raises(JobError, match=r"no id at \$.data.id|is no JSON"):
        connectors.run(_connector(system), Attempt().running)


def test_a_system_that_starts_by_itself_is_waited_for_until_it_has_synced_today(system: System) -> None:
    connector = _waiting_for_itself(system, timezone="America/New_York")
    attempt = Attempt(scheduled_for=datetime(2027, 3, 15, 2, 0, tzinfo=UTC))  # the evening of the 14th there, EDT since then
    system.status = {"state": "done", "synced": "2027-03-14T04:59:59Z"}  # midnight was at 05:00
    ended = connectors.run(connector, attempt.running)
    assert ended == Later("waits for crm: its last sync is of 2027-03-14T04:59:59Z (look 1 of 144)", 600)
    system.status = {"state": "done", "synced": "2027-03-14T05:00:00"}
    assert isinstance(connectors.run(connector, attempt.again()), Done)
    assert system.asked == ["GET /status", "GET /status"]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Asia/Kathmandu", "2027-03-14T18:15:00Z"),
        ("Asia/Kolkata", "2027-03-14T18:30:00Z"),
        ("Australia/Eucla", "2027-03-14T15:15:00Z"),
        ("America/New_York", "2027-03-14T05:00:00Z"),  # the day on which the clocks change: it began before they did
        ("UTC", "2027-03-14T00:00:00Z"),
    ],
)
def test_today_is_the_project_s_unless_it_has_a_zone_of_its_own(system: System, zone: str, midnight: str) -> None:
    connector = _waiting_for_itself(system)
    Project.objects.filter(pk=connector.project_id).update(timezone=zone)
    connector = Connector.objects.get(pk=connector.pk)
    attempt = Attempt(scheduled_for=datetime(2027, 3, 14, 20, 0, tzinfo=UTC))
    system.status = {"state": "on", "synced": (datetime.fromisoformat(midnight) - timedelta(seconds=1)).isoformat()}
    waits = connectors.run(connector, attempt.running)
    assert isinstance(waits, Later)
    assert "its last sync is of" in waits.reason
    system.status = {"state": "on", "synced": midnight}
    assert isinstance(connectors.run(connector, attempt.again()), Done)

    own = _waiting_for_itself(system, name="own", timezone="Pacific/Kiritimati")  # 15 March there since 10:00
    system.status = {"state": "on", "synced": "2027-03-14T09:59:59Z"}
    assert isinstance(connectors.run(own, attempt.running), Later)


def test_it_may_have_to_sync_after_the_time_for_which_the_run_was_scheduled(system: System) -> None:
    connector, attempt = _waiting_for_itself(system, fresh="run"), Attempt()
    before, after = (int((BEGUN + timedelta(seconds=seconds)).timestamp()) for seconds in (-1, 0))
    system.status = {"synced": before}
    assert isinstance(connectors.run(_plain(connector), attempt.running), Later)
    system.status = {"synced": after * 1000}
    assert isinstance(connectors.run(_plain(connector), attempt.again()), Done)


def test_yesterdays_failure_is_not_todays(system: System) -> None:
    connector, attempt = _waiting_for_itself(system), Attempt()
    system.status = {"state": "failed", "failed": "2027-03-13T20:00:00Z", "synced": None}
    assert isinstance(connectors.run(connector, attempt.running), Later)
    system.status = {"state": "failed", "failed": "2027-03-14T06:00:00Z"}
    with pytest.raises(JobError, match="it failed at 2027-03-14T06:00:00Z"):
        connectors.run(connector, attempt.again())
    system.status = {"state": "scheduled", "paused": True}
    with pytest.raises(JobError, match="it is paused"):
        connectors.run(connector, attempt.again())


def test_a_time_that_is_none_is_told_so(system: System) -> None:
    connector = _waiting_for_itself(system)
    for synced in ("yesterday", {"at": 1}, True, 10**30):
        system.status = {"state": "x", "synced": synced}
        with pytest.raises(JobError, match="The status of crm cannot be read"):
            connectors.run(connector, Attempt().running)


def test_the_time_of_a_sync_that_was_started_counts_by_the_systems_own_clock(system: System) -> None:
    """Its clock is an hour behind: what it synced two hours ago is no success, what it syncs now is one."""
    url = system.receiver.url("/status")
    connector, attempt = _connector(system, synced_path="$.synced", state_path="", status_url=url), Attempt()
    theirs = datetime.now(UTC) - timedelta(hours=1)
    system.start = Told(body=b'{"data": {"id": 1}}', headers={"Date": theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    connectors.run(connector, attempt.running)
    sync = Sync.objects.get()
    assert sync.since is not None
    assert abs(sync.since - theirs) < timedelta(seconds=5)
    system.status = {"synced": (theirs - timedelta(hours=1)).isoformat()}
    assert isinstance(connectors.run(connector, attempt.again()), Later)
    system.status = {"synced": theirs.isoformat()}
    assert isinstance(connectors.run(connector, attempt.again()), Done)


def test_what_was_known_of_old_syncs_is_forgotten_in_time(system: System) -> None:
    connector = _connector(system)
    connectors.run(connector, Attempt().running)
    Sync.objects.update(created_at=F("created_at") - timedelta(days=31))
    connectors.run(connector, Attempt(identity="run-2").running)
    assert list(Sync.objects.values_list("run", flat=True)) == ["run-2"]


def _plain(connector: Connector) -> Connector:
    connector.state_path = ""
    return connector
