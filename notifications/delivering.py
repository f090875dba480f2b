"""Delivering: claim one, try, write down what came of it, until nothing is due. Any number of processes may.

A claim is a lease by the database's clock: whoever dies while trying loses it, and somebody else tries again. So a receiver
may be told twice, by the same message id, and never not at all.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Now

from notifications import messages, outbox, retry, sql
from notifications.models import Delivery, Notification
from notifications.rules import Status
from notifications.sending import Outcome, send
from runs.models import JobRun
from runs.states import JobRunState
from scheduler import faults

SLICE = 20.0  # seconds after which the worker's slot is given back, and another is rung for
LEASES = 3  # times the time that a try may take: its mail server answers several times
MOST_LOGGED = 20  # tries

UNWANTED = "The receiver answered 410: it wants no more."
NEVER_TAKEN = "Nothing could be delivered for three days. The last failure: "


def deliver() -> None:
    """Deliver what is due, for a while."""
    until = time.monotonic() + SLICE
    while (claimed := _claim()) is not None:
        delivery, now = claimed
        faults.point("deliver.claimed")
        if _prepared(delivery):
            outcome = send(delivery, now)
            faults.point("deliver.sent")
            _settle(delivery, outcome)
        if time.monotonic() > until:
            outbox.ring()
            return


def _claim() -> tuple[Delivery, datetime] | None:
    """Claim the delivery that is due for longest, and return it with the present time; None when there is none."""
    free = Q(leased_until=None) | Q(leased_until__lte=Now())
    with transaction.atomic():
        due = Delivery.objects.filter(free, status=Status.PENDING, due_at__lte=Now()).annotate(now=Now())
        found: Any = due.select_related("notification__project").select_for_update(of=["self"], skip_locked=True)
        delivery = found.order_by("due_at", "pk").first()
        if delivery is None:
            return None
        lease = timedelta(seconds=settings.NOTIFY_TIMEOUT * LEASES)
        Delivery.objects.filter(pk=delivery.pk).update(tries=F("tries") + 1, leased_until=Now() + lease)
    delivery.tries += 1
    return delivery, delivery.now


def _prepared(delivery: Delivery) -> bool:
    """See that what is sent has been written; tell whether it is to be sent at all."""
    if delivery.body is not None:
        return True
    if not _is_met(delivery):
        _claimed(delivery).update(status=Status.UNMET, due_at=None, leased_until=None)
        return False
    delivery.body = json.dumps(_payload(delivery))
    return bool(_claimed(delivery).update(body=delivery.body))


def _is_met(delivery: Delivery) -> bool:
    keyword = delivery.notification.keyword
    if not keyword or delivery.graph_run_id is None:
        return True
    found = sql.HAS_TEXT.rows({"run": delivery.graph_run_id, "text": keyword})[0][0]
    return bool(found) != delivery.notification.keyword_absent


def _payload(delivery: Delivery) -> dict[str, Any]:
    notification, run_id = delivery.notification, delivery.graph_run_id
    failed = JobRun.objects.filter(graph_run=run_id, state=JobRunState.FAILED) if run_id else JobRun.objects.none()
    rows = failed.order_by("node").values_list("key", "errors", "reason")[: messages.MOST_FAILURES]
    names = {"project": notification.project.name, "graph": delivery.facts.get("name"), "notification": notification.name}
    return messages.payload(
        delivery.event,
        delivery.facts,
        names=names,
        failures=[messages.failure(*row) for row in rows],
        url=f"{settings.PUBLIC_URL.rstrip('/')}/scheduler/execution/{run_id}/" if run_id else "",
    )


def _settle(delivery: Delivery, outcome: Outcome) -> None:
    """Write down what came of a try, unless somebody else has taken it over."""
    with transaction.atomic():
        # The notification first: whoever switches it off ends its deliveries as well, in this order.
        rule = (
            Notification.objects.select_for_update(no_key=True).annotate(now=Now()).filter(pk=delivery.notification_id).first()
        )
        if rule is None or not _claimed(delivery).update(**_after(delivery, outcome)):
            return
        if outcome.ok:
            Notification.objects.filter(pk=rule.pk, failing_since__isnull=False).update(failing_since=None)
        else:
            _fail(rule, outcome)


def _after(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    """Return what a try makes of its delivery."""
    entry = {
        "try": delivery.tries,
        "at": delivery.now.isoformat().replace("+00:00", "Z"),  # type: ignore[attr-defined]  # annotated by the claim
        "seconds": round(outcome.seconds, 3),
        "status": outcome.status,
        "answer": outcome.answer,
        "error": outcome.error,
    }
    told: dict[str, Any] = {"log": [*delivery.log, entry][-MOST_LOGGED:], "leased_until": None}
    if outcome.ok:
        return told | {"status": Status.DELIVERED, "due_at": None, "delivered_at": Now(), "failures": 0}
    failures = delivery.failures + 1
    wait = None if outcome.unwanted else retry.delay(failures, asked=outcome.wait)
    if wait is None:
        return told | {"status": Status.FAILED, "due_at": None, "failures": failures}
    return told | {"due_at": Now() + timedelta(seconds=wait), "failures": failures, "rung_at": None}


def _fail(rule: Any, outcome: Outcome) -> None:
    """Remember since when nothing could be delivered, and leave a receiver alone that is away, or wants no more."""
    Notification.objects.filter(pk=rule.pk).update(failing_since=Coalesce("failing_since", Now()))
    if outcome.unwanted:
        switch_off([rule.pk], reason=UNWANTED)
    elif rule.failing_since and retry.given_up(rule.failing_since, rule.now):
        switch_off([rule.pk], reason=NEVER_TAKEN + outcome.error)
    elif outcome.status is None:
        # Nobody is there: the others wait as long, or each would keep a worker's slot for as long as a try may take.
        pause = Now() + timedelta(seconds=retry.DELAYS[0])
        waiting = Delivery.objects.filter(notification=rule.pk, status=Status.PENDING, leased_until=None)
        waiting.update(due_at=Greatest("due_at", pause), rung_at=None)


def switch_off(ids: list[int], *, reason: str) -> None:
    """Switch notifications off; what is still to be delivered of them is given up."""
    Notification.objects.filter(pk__in=ids).update(enabled=False, disabled_reason=reason)
    pending = Delivery.objects.filter(notification__in=ids, status=Status.PENDING)
    pending.update(status=Status.FAILED, due_at=None, leased_until=None)


def _claimed(delivery: Delivery) -> Any:
    """Return the delivery's row as long as its try is the present one."""
    return Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries, status=Status.PENDING)
