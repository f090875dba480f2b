"""The watch: a running work learns that its run was cancelled or its attempt is not its own any more."""

# ruff: noqa: T201 - what callables print is what is tested

import threading
import time

import psutil
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from dags import callables
from runs.models import GraphRun, JobRun
from runs.states import JobRunState
from scheduler import watch
from scheduler.perform import perform
from scheduler.stop import Reason
from tests.running import wait_for
from tests.works import running_job, said, work_of

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path):
    settings.WATCH_INTERVAL = 0.05
    settings.KILL_GRACE = 0.5
    settings.WORK_DIR = tmp_path
    watch._bell.set()  # it may have gone to sleep for as long as another test wanted


@pytest.fixture
def later():
    """Return a function that does something in another thread, once something has come about."""
    threads = []

    def later(condition, do):
        def wait_and_do():
            try:
                wait_for(condition, "what the test waits for")
                do()
            finally:
                connection.close()

        threads.append(threading.Thread(target=wait_and_do))
        threads[-1].start()

    yield later
    for thread in threads:
        thread.join()


def cancel():
    GraphRun.objects.update(cancel_requested_at=NOW)


def give_back():
    JobRun.objects.update(state=JobRunState.QUEUED)


def claim_again():
    JobRun.objects.update(attempt=2)


def vanish():
    JobRun.objects.all().delete()


@pytest.mark.parametrize(
    ("change", "state"), [(cancel, "CANCELLED"), (give_back, "QUEUED"), (claim_again, "QUEUED"), (vanish, "QUEUED")]
)
def test_a_process_is_ended_with_its_run(change, state, later, tmp_path):
    begun = tmp_path / "begun"
    later(begun.exists, change)
    outcome = perform(work_of(running_job(), "shell", "echo $$ > pid; touch begun; sleep 60"))
    assert outcome.state == state
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_a_callable_is_ended_with_its_run(later, monkeypatch):
    begun = threading.Event()

    def sleeps():
        begun.set()
        time.sleep(60)

    monkeypatch.setitem(callables._registered, "tests.sleeps", sleeps)
    later(begun.is_set, cancel)
    outcome = perform(work_of(running_job(), "python", "tests.sleeps"))
    assert (outcome.state, outcome.reason) == (JobRunState.CANCELLED, "cancelled")


def test_work_that_a_report_has_finished_goes_on(later, tmp_path):
    def report():
        JobRun.objects.update(state=JobRunState.SUCCESS, completed_at=NOW)
        time.sleep(0.2)
        (tmp_path / "reported").touch()

    later((tmp_path / "begun").exists, report)
    outcome = perform(work_of(running_job(), "shell", "touch begun; while [ ! -e reported ]; do sleep 0.05; done; echo on"))
    assert outcome.results == {"result": "on\n"}


def test_what_a_callable_says_is_in_the_log_while_it_runs(later, monkeypatch):
    read = threading.Event()

    def talks():
        print("begun")
        return read.wait(10)

    monkeypatch.setitem(callables._registered, "tests.talks", talks)
    later(lambda: said() == "begun\n", read.set)
    assert perform(work_of(running_job(), "python", "tests.talks")).results == {"result": True}


def test_what_a_process_says_is_in_the_log_while_it_runs(later, tmp_path):
    later(lambda: said() == "begun\n", (tmp_path / "read").touch)
    outcome = perform(work_of(running_job(), "shell", "echo begun; while [ ! -e read ]; do sleep 0.05; done"))
    assert outcome.state == JobRunState.SUCCESS


def test_a_database_that_fails_is_asked_again(later, monkeypatch, tmp_path):
    rows = watch._rows
    failures: list[bool] = []

    def failing(ids):
        if len(failures) < 3:
            failures.append(True)
            raise OperationalError("away")
        return rows(ids)

    monkeypatch.setattr(watch, "_rows", failing)
    later((tmp_path / "begun").exists, cancel)
    outcome = perform(work_of(running_job(), "shell", "touch begun; sleep 60"))
    assert outcome.state == JobRunState.CANCELLED
    assert len(failures) == 3


def test_one_thread_serves_all_works_and_lets_go_of_its_connection():
    def backends():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = ''")
            return cursor.fetchone()[0]

    for _ in range(3):
        perform(work_of(running_job(), "shell", "sleep 0.2"))
    assert [thread.name for thread in threading.enumerate()].count("watch") == 1
    wait_for(lambda: backends() == 1, "the watch's connection to be closed")


RUNNING = (1, JobRunState.RUNNING, 1, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (RUNNING, None),
        ((1, JobRunState.WAITING, 1, None), None),
        ((1, JobRunState.SUCCESS, 1, None), None),
        ((1, JobRunState.FAILED, 1, None), None),
        ((1, JobRunState.RUNNING, 1, NOW), Reason.CANCELLED),
        ((1, JobRunState.CANCELLED, 1, None), Reason.CANCELLED),
        ((1, JobRunState.QUEUED, 1, None), Reason.LOST),
        ((1, JobRunState.SKIPPED, 1, None), Reason.LOST),
        ((1, JobRunState.RUNNING, 2, None), Reason.LOST),
        ((1, JobRunState.RUNNING, 2, NOW), Reason.LOST),
        (None, Reason.LOST),
    ],
)
def test_the_verdict(row, reason):
    assert watch.verdict(1, row) is reason
