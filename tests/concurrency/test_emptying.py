"""The suite's own emptying of tables beside living processes."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, transaction

from dags.models import Project
from runs.models import Worker
from tests import emptying

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_deadlock_with_a_living_process_does_not_keep_the_tables_full() -> None:
    """Hold one table and want another, the other way round than the emptying takes them."""
    Project.objects.create(name="left")
    held = threading.Event()

    def meddle() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '10s'")  # the emptying is who notices
                cursor.execute("LOCK TABLE runs_worker IN ROW EXCLUSIVE MODE")
                held.set()
                cursor.execute("SELECT pg_sleep(0.3)")
                cursor.execute("LOCK TABLE dags_project IN ROW EXCLUSIVE MODE")
        except OperationalError:
            pass
        finally:
            connection.close()

    meddler = threading.Thread(target=meddle)
    meddler.start()
    assert held.wait(10)
    emptying.empty()
    meddler.join()

    assert not Project.objects.exists()
    assert not Worker.objects.filter(hostname="left").exists()
