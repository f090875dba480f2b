"""Python tasks: callables on the list, what they say, return and raise, and how they are stopped."""

# ruff: noqa: T201 - what callables print is what is tested

import asyncio
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from billiard import common as billiard
from celery.exceptions import WorkerShutdown
from django.db import connection, transaction

from dags import callables, drivers
from dags.errors import InvalidTask, UnknownCallable
from runs.models import GraphRun, JobRun, LogChunk
from runs.states import JobRunState
from scheduler import watch
from scheduler.perform import perform
from tests.works import did, running_job, said, unwatched, work_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unwatched():
    with unwatched():
        yield


@pytest.fixture
def listed(monkeypatch):
    """Return a function that lists a callable for the length of the test and returns its name."""

    def listed(function):
        name = f"tests.{function.__name__}"
        monkeypatch.setitem(callables._registered, name, function)
        return name

    return listed


def test_what_it_returns_is_the_result(listed):
    def total(a, b, *, scale=1):
        return {"sum": (a + b) * scale}

    outcome = did("python", listed(total), configs={"args": [1, 2], "kwargs": {"scale": 10}})
    assert outcome.state == JobRunState.SUCCESS
    assert outcome.results == {"result": {"sum": 30}}


def test_params_and_results_reach_it_through_templates(listed):
    def show(*args, **kwargs):
        return [args, kwargs]

    outcome = did(
        "python",
        listed(show),
        configs={"args": ["{{ params.day }}", "{{ results.fetch.rows + 1 }}"], "kwargs": {"all": "{{ results.fetch }}"}},
        params={"day": "monday"},
        results={"fetch": {"rows": 7}},
    )
    assert outcome.results == {"result": [["monday", 8], {"all": {"rows": 7}}]}


def test_a_coroutine_is_awaited(listed):
    async def soon():
        await asyncio.sleep(0)
        return 1

    assert did("python", listed(soon)).results == {"result": 1}


def test_an_error_is_told_with_the_traceback_of_its_author_alone(listed):
    def breaks():
        raise ValueError("no such day")

    outcome = did("python", listed(breaks))
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors["error"] == "ValueError('no such day')"
    assert outcome.errors["traceback"].startswith("Traceback (most recent call last):\n  File")
    assert "in breaks" in outcome.errors["traceback"]
    assert "scheduler/" not in outcome.errors["traceback"]
    assert not outcome.permanent


def test_arguments_that_do_not_fit_are_told(listed):
    def one(a):
        return a

    outcome = did("python", listed(one), configs={"args": [1, 2]})
    assert "takes 1 positional argument but 2 were given" in outcome.errors["error"]


class NastyError(Exception):
    def __repr__(self):
        raise RuntimeError


def leaves():
    sys.exit(3)


def nasty():
    raise NastyError


def unstorable():
    raise ValueError("\x00\ud800")


def cancelled():
    raise asyncio.CancelledError


def huge():
    raise ValueError("x" * 1_000_000)


def deep():
    return deep()


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (leaves, "SystemExit(3)"),
        (nasty, "NastyError (its repr() fails)"),
        (unstorable, "ValueError('\\x00\\ud800')"),
        (cancelled, "CancelledError()"),
        (deep, "RecursionError("),
        (huge, "ValueError('xxx"),
    ],
)
def test_whatever_it_raises_is_an_outcome(listed, function, error):
    outcome = did("python", listed(function))
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors["error"].startswith(error)
    assert len(outcome.errors["error"]) < 5000
    assert len(outcome.errors["traceback"]) < 33_000
    JobRun.objects.update(errors=outcome.errors)  # PostgreSQL takes it


@pytest.mark.parametrize("error", [KeyboardInterrupt, WorkerShutdown])
def test_the_workers_own_end_is_no_outcome(listed, error):
    def interrupted():
        raise error

    with pytest.raises(error):
        did("python", listed(interrupted))


def test_a_worker_told_to_terminate_is_no_outcome(listed, monkeypatch):
    def terminated():
        monkeypatch.setattr(billiard, "_should_have_exited", [True])
        sys.exit(-241)

    with pytest.raises(SystemExit):
        did("python", listed(terminated))


def circle():
    value: list = []
    value.append(value)
    return value


def nested():
    value: list = []
    for _ in range(100):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (lambda: float("nan"), "Out of range float values are not JSON compliant"),
        (lambda: [1e999], "Out of range float values are not JSON compliant"),
        (lambda: {"a": {1, 2}}, "Object of type set is not JSON serializable"),
        (Path, "Object of type PosixPath is not JSON serializable"),
        (lambda: {(1, 2): 3}, "keys must be str"),
        (lambda: b"bytes", "Object of type bytes is not JSON serializable"),
        (lambda: "a\x00b", "NUL"),
        (lambda: {"\x00": 1}, "NUL"),
        (lambda: "\ud800", "lone surrogate"),
        (lambda: "x" * 2000, "over the limit of 1000"),
        (lambda: {1: "a", "1": "b"}, "occurs twice"),
        (circle, "Circular"),
        (nested, "nested deeper than 64"),
    ],
)
def test_a_result_that_cannot_be_stored_fails_the_task(listed, settings, value, told):
    settings.MAX_RESULT = 1000
    outcome = did("python", listed(value))
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors["error"].startswith("the result cannot be stored as JSON: ")
    assert told in outcome.errors["error"]


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "", "\\u0000", "é 😀 \x1b", [1, [2]], {"a": None}])
def test_a_result_is_stored_as_it_is(listed, value):
    outcome = did("python", listed(lambda: value))
    assert outcome.results == {"result": value}


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "subprocess:run", "__import__", "antigravity.fly", "", "\x00"])
def test_what_is_not_listed_is_refused_and_never_imported(name):
    before = set(sys.modules)
    with pytest.raises(UnknownCallable):
        drivers.check("python", name or "x", {"args": ["touch /tmp/canary"]})
    outcome = did("python", name, configs={"args": ["touch /tmp/canary"]})
    assert outcome.state == JobRunState.FAILED
    assert outcome.permanent
    assert "Unknown callable" in outcome.errors["error"]
    assert {module for module in set(sys.modules) - before if module in {"antigravity", "subprocess", "webbrowser"}} == set()


def test_configs_that_do_not_fit_the_callable_are_refused_when_written(listed):
    def one(a, *, b=1):
        return a

    name = listed(one)
    drivers.check("python", name, {"args": ["{{ params.a }}"], "kwargs": {"b": "{{ results.x }}"}})
    refused: list[tuple[dict, str]] = [
        ({}, "missing a required argument: 'a'"),
        ({"args": [1, 2]}, "too many positional arguments"),
        ({"args": [1], "kwargs": {"c": 1}}, "unexpected keyword argument 'c'"),
        ({"args": ["{{ params."]}, "args[0]: "),
        ({"env": {}}, "Unknown key 'env'"),
    ]
    for configs, told in refused:
        with pytest.raises(InvalidTask) as caught:
            drivers.check("python", name, configs)
        assert caught.value.field == "configs"
        assert told in caught.value.message


def test_what_it_says_is_logged(listed):
    def talks():
        print("to stdout")
        print("to stderr", file=sys.stderr)
        sys.stdout.buffer.write(b"bytes \xff\x00\n")
        logging.getLogger("shop").warning("to logging: %s", "é")
        logging.getLogger("shop").debug("too quiet")
        thread = threading.Thread(target=lambda: print("from a thread"))
        thread.start()
        thread.join()
        print("lone \ud800 surrogate")

    outcome = did("python", listed(talks))
    assert outcome.state == JobRunState.SUCCESS
    assert said("out") == "to stdout\nbytes \ufffd\ufffd\nfrom a thread\nlone ? surrogate\n"
    assert said("err") == "to stderr\n"
    assert said("log").endswith("WARNING shop to logging: é\n")
    assert set(LogChunk.objects.values_list("attempt", flat=True)) == {1}


def test_afterwards_nothing_is_caught_any_more(listed, capsys):
    streams, handlers = (sys.stdout, sys.stderr), list(logging.getLogger().handlers)
    did("python", listed(lambda: print("inside")))
    assert (sys.stdout, sys.stderr) == streams
    assert logging.getLogger().handlers == handlers
    assert said() == "inside\n"


def test_what_it_said_survives_its_rollback(listed):
    def rolls_back():
        with transaction.atomic():
            print("before the error")
            raise ValueError

    did("python", listed(rolls_back))
    assert said("out") == "before the error\n"


def test_too_much_output_keeps_head_and_tail(listed, settings):
    settings.MAX_OUTPUT = 1000

    def talks():
        for number in range(1000):
            print(f"{number:09}")

    did("python", listed(talks))
    kept = said("out")
    assert kept.startswith("000000000\n")
    assert kept.endswith("000000999\n")
    assert len(kept) == 1000
    assert said("log") == "\n[9000 bytes left out]\n"


def test_a_silent_callable_costs_no_statement(listed, django_assert_num_queries):
    work = work_of(running_job(), "python", listed(lambda: None))
    with django_assert_num_queries(0):
        perform(work)


def test_it_is_stopped_when_its_time_is_over(listed):
    cleaned = []

    def sleeps():
        try:
            time.sleep(30)
        finally:
            cleaned.append(True)

    began = time.monotonic()
    outcome = did("python", listed(sleeps), timeout=0.1)
    assert time.monotonic() - began < 5
    assert outcome.state == JobRunState.FAILED
    assert outcome.errors == {"error": "timed out after 0.1 s", "timeout": 0.1}
    assert cleaned == [True]


def test_a_busy_loop_is_stopped_too(listed):
    def spins():
        while True:
            pass

    assert did("python", listed(spins), timeout=0.1).errors["error"] == "timed out after 0.1 s"


def test_one_that_swallows_the_interrupt_gets_it_again(listed, monkeypatch):
    monkeypatch.setattr("scheduler.callables.interrupt.AGAIN", 0.05)
    swallowed: list[bool] = []

    def stubborn():
        while len(swallowed) < 3:
            try:
                time.sleep(30)
            except BaseException:
                swallowed.append(True)
        time.sleep(30)

    assert did("python", listed(stubborn), timeout=0.05).errors["error"] == "timed out after 0.05 s"
    assert len(swallowed) == 3


def test_one_that_ends_in_time_is_not_hit_later(listed):
    outcome = did("python", listed(lambda: "done"), timeout=0.05)
    time.sleep(0.1)
    assert outcome.results == {"result": "done"}


def test_a_query_that_it_waits_for_is_cancelled(listed, transactional_db, monkeypatch):
    monkeypatch.setattr(watch, "TICK", 0.05)
    watch._bell.set()

    def waits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    began = time.monotonic()
    assert did("python", listed(waits), timeout=0.1).errors == {"error": "timed out after 0.1 s", "timeout": 0.1}
    assert time.monotonic() - began < 5
    assert GraphRun.objects.count() == 1  # on a connection that works


def test_one_that_takes_the_alarm_for_itself_is_stopped_all_the_same(listed, transactional_db, monkeypatch):
    monkeypatch.setattr(watch, "TICK", 0.05)
    watch._bell.set()

    def takes():
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(30)

    assert did("python", listed(takes), timeout=0.1).errors["error"] == "timed out after 0.1 s"


def test_a_timer_that_ran_before_goes_on(listed):
    rung = threading.Event()
    handler = signal.signal(signal.SIGALRM, lambda *_: rung.set())
    before = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        did("python", listed(lambda: None), timeout=10)
        assert rung.wait(5)
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_an_ended_callable_is_never_interrupted(listed):
    """Alarms that go off just as the callable returns hit neither the driver nor what comes after it."""
    name = listed(lambda: time.sleep(0.001))
    job_run = running_job()
    states = {perform(work_of(job_run, "python", name, timeout=0.001)).state for _ in range(300)}
    assert states <= {JobRunState.SUCCESS, JobRunState.FAILED}


def leaves_manual_commit():
    connection.set_autocommit(False)
    GraphRun.objects.update(note="lost")


def leaves_a_transaction():
    transaction.atomic().__enter__()
    GraphRun.objects.update(note="lost")


def leaves_nothing():
    GraphRun.objects.update(note="kept")


def is_interrupted():
    with transaction.atomic():
        GraphRun.objects.update(note="lost")
        time.sleep(9)


@pytest.mark.parametrize(
    ("function", "note"),
    [(leaves_manual_commit, ""), (leaves_a_transaction, ""), (leaves_nothing, "kept"), (is_interrupted, "")],
)
def test_a_transaction_left_open_ends_with_the_callable(listed, transactional_db, function, note):
    did("python", listed(function), timeout=0.3)
    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    assert GraphRun.objects.get().note == note


def test_where_a_report_finishes_the_task_its_own_end_does_not(listed):
    def breaks():
        raise ValueError("no")

    ended = did("python", listed(lambda: 1), auto_report=False)
    assert (ended.state, ended.reason) == (JobRunState.WAITING, "the work has ended; a report finishes this task")
    failed = did("python", listed(breaks), auto_report=False)
    assert failed.reason == "the work failed with ValueError('no'); a report finishes this task"
    assert did("python", "os.system", auto_report=False).state == JobRunState.FAILED
    assert did("python", listed(lambda: time.sleep(9)), auto_report=False, timeout=0.05).state == JobRunState.FAILED


def test_its_subprocess_is_its_own_affair(listed):
    def runs():
        return subprocess.run(["/bin/echo", "hi"], capture_output=True, check=True, text=True).stdout

    assert did("python", listed(runs)).results == {"result": "hi\n"}
