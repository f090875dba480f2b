"""Reports that arrive at the same moment: one is recorded, and every answer agrees with the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from runs.models import Transition
from scheduler.report_keys import digest
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each on a connection of its own."""
    start = Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_the_same_report_many_times_is_recorded_once():
    run, client = factories.run({"upload": "WAITING"}), factories.client()
    path = f"/scheduler/execution/tasks/{factories.job(run, 'upload').pk}/report/"
    answers = together([partial(client.post, path, {"success": True, "result": 1})] * AT_ONCE)
    assert {answer.status_code for answer in answers} == {200}
    assert Counter(answer.json().get("duplicate", False) for answer in answers) == {False: 1, True: AT_ONCE - 1}
    assert Transition.objects.filter(job_run__isnull=False).count() == 1


def test_of_contradicting_reports_one_wins_and_the_others_learn_it():
    for _ in range(5):
        run, client = factories.run({"upload": "WAITING"}), factories.client()
        path = f"/scheduler/execution/tasks/{factories.job(run, 'upload').pk}/report/"
        bodies = [{"success": number % 2 == 0, "result": 1} for number in range(AT_ONCE)]
        answers = together([partial(client.post, path, body) for body in bodies])
        recorded = factories.job(run, "upload").state
        for body, answer in zip(bodies, answers, strict=True):
            assert answer.json()["state"] == recorded
            assert answer.status_code == (200 if body["success"] == (recorded == "SUCCESS") else 409)
        assert Transition.objects.filter(graph_run=run, job_run__isnull=False).count() == 1


def test_a_one_time_key_is_good_for_one_outcome():
    run, client = factories.run({"upload": "WAITING"}), APIClient()
    factories.job(run, "upload", report_digest=digest("k" * 43))
    path = f"/scheduler/execution/report/{'k' * 43}/"
    answers = together([partial(client.post, path, {"success": True})] * AT_ONCE)
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert sum(answer.status_code == 200 and "duplicate" not in answer.json() for answer in answers) == 1
    assert Transition.objects.filter(job_run__isnull=False).count() == 1


def test_a_report_and_a_cancel_agree_on_the_end():
    for _ in range(5):
        run, client = factories.run({"upload": "WAITING"}), factories.client()
        report = f"/scheduler/execution/tasks/{factories.job(run, 'upload').pk}/report/"
        cancel = f"/scheduler/execution/{run.pk}/cancel/"
        reported, cancelled = together([partial(client.post, report, {"success": True}), partial(client.post, cancel)])
        recorded = factories.job(run, "upload").state
        assert (reported.status_code, recorded) in [(200, "SUCCESS"), (409, "CANCELLED")]
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, recorded)
