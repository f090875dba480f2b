"""Connectors: an external system is called to sync, or syncs by itself; its report or its status tells the end.

No worker is held meanwhile: each look is an attempt of its own. What is known of the sync stands in its row, so that the
attempt after a worker's death goes on with it; a call that may have got through is made again under the same
Idempotency-Key, by which the system can tell.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from dags.zones import find_zone
from jobs import jsonpaths, syncs
from jobs.models import Connector, Finish, Sync
from jobs.requesting.client import Client
from jobs.requesting.faults import Postponed, RequestFailed
from jobs.running import Done, End, JobError, Later, Running
from jobs.syncing import Failed, Status, Synced, fresh_since, read_time, verdict
from outbound import Answer

MAX_ID = 500  # characters
_PLAIN = str | int | float | None  # of which a state is one
TICK = timedelta(seconds=1)  # the header Date is exact to the second


def run(connector: Connector, running: Running) -> End:
    """Start the sync, or look whether it is over."""
    sync = syncs.of(connector, running.identity)
    client = Client(connector, running)
    try:
        if connector.start and not sync.started:
            return _start(connector, sync, client, running)
        if connector.start and connector.finish == Finish.REPORT:
            return _unreported(connector, sync, client, running)
        return _look(connector, sync, client, running)
    except Postponed as pause:
        return Later(f"{connector.name}: {pause.reason}", pause.seconds)


def _start(connector: Connector, sync: Sync, client: Client, running: Running) -> End:
    if syncs.looked(sync) > connector.max_polls:
        raise JobError(f"{connector.name} could not be started in {connector.max_polls} tries.")
    at = syncs.called(sync)
    try:
        answer = client.own(headers={"Idempotency-Key": running.identity})
    except RequestFailed as fault:
        if fault.status != HTTPStatus.CONFLICT:
            raise
        return Later(f"{connector.name} cannot start now: {fault.message}", connector.poll_interval)
    external_id = _external_id(connector, answer)
    syncs.started(sync, external_id=external_id, since=_their_time(answer) or at)
    running.say(client.redact(f"{connector.name} has started{f' sync {external_id}' if external_id else ''}."))
    if connector.finish == Finish.REPORT:
        return Later(f"waits for the report of {connector.name}", connector.poll_interval * connector.max_polls)
    return Later(f"{connector.name} syncs", connector.poll_interval)


def _unreported(connector: Connector, sync: Sync, client: Client, running: Running) -> End:
    """Tell that no report came in time; or, if this attempt is here because a worker died, say where to report now."""
    limit = connector.poll_interval * connector.max_polls
    if syncs.age(sync) >= limit:
        raise JobError(f"{connector.name} has not reported within {limit:g} s.", permanent=True)
    return _start(connector, sync, client, running)


def _look(connector: Connector, sync: Sync, client: Client, running: Running) -> End:
    looks = syncs.looked(sync)
    since = sync.since or _fresh_since(connector, running)
    last = looks >= connector.max_polls
    try:
        status = _status(connector, client, sync)
    except RequestFailed as fault:
        if fault.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise JobError(f"{connector.name} is not known there: {fault.message}", permanent=True, **fault.facts) from None
        if fault.permanent or last:
            raise
        return _later(connector, looks, fault.message)
    found = verdict(
        status,
        done_values=connector.done_values,
        failed_values=connector.failed_values,
        since=since,
        started=connector.start,
    )
    if isinstance(found, Synced):
        state = client.redact.excerpt(status.state) if isinstance(status.state, str) else status.state
        return Done({"id": client.redact(sync.external_id) or None, "state": state, "looks": looks})
    if isinstance(found, Failed):
        raise JobError(f"{connector.name} did not sync: {client.redact.excerpt(found.reason)}", permanent=True)
    if last:
        waited = f"{looks} looks, {connector.poll_interval:g} s apart"
        raise JobError(
            client.redact.excerpt(f"{connector.name} has not synced in time ({waited}): {found.reason}"), permanent=True
        )
    return _later(connector, looks, client.redact.excerpt(found.reason))


def _fresh_since(connector: Connector, running: Running) -> datetime:
    """Return since when it must have synced: today in its zone, or else its project's, is the day the run is meant for."""
    zone = connector.timezone or connector.project.timezone
    return fresh_since(connector.fresh, running.scheduled_for or running.begun, find_zone(zone))


def _later(connector: Connector, looks: int, why: str) -> Later:
    return Later(f"waits for {connector.name}: {why} (look {looks} of {connector.max_polls})", connector.poll_interval)


def _status(connector: Connector, client: Client, sync: Sync) -> Status:
    document = _document(client.get(connector.status_url, {"id": sync.external_id}))
    told = {path: jsonpaths.first(path, document) for path in _status_paths(connector)}
    if connector.state_path and not isinstance(told[connector.state_path], _PLAIN):
        raise RequestFailed(f"There is no state at {connector.state_path} in the status of {connector.name}.")
    known = {path: None if value is jsonpaths.NOTHING else value for path, value in told.items()}
    try:
        synced, failed = (read_time(known.get(path)) for path in (connector.synced_path, connector.failed_path))
    except ValueError as error:
        raise JobError(f"The status of {connector.name} cannot be read: {error}.", permanent=True) from None
    paused = bool(known.get(connector.paused_path))
    return Status(state=known.get(connector.state_path), synced=synced, failed=failed, paused=paused)


def _status_paths(connector: Connector) -> list[str]:
    paths = connector.state_path, connector.synced_path, connector.failed_path, connector.paused_path
    return [path for path in paths if path]


def _external_id(connector: Connector, answer: Answer) -> str:
    if not connector.id_path:
        return ""
    found = jsonpaths.first(connector.id_path, _document(answer))
    if isinstance(found, bool) or not isinstance(found, str | int) or not 0 < len(str(found)) <= MAX_ID:
        raise JobError(f"{connector.name} has started, but its answer has no id at {connector.id_path}.", permanent=True)
    return str(found)


def _document(answer: Answer) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise RequestFailed("The answer is no JSON.", status=answer.status) from None


def _their_time(answer: Answer) -> datetime | None:
    """Return when the call was made by the other system's clock, which the times in its status are of."""
    try:
        at = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - timedelta(seconds=answer.elapsed) - TICK
