"""Workers that die, freeze, leave, or hear nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from functools import partial

import psutil
from celery import current_app
from django.conf import settings

from runs.models import GraphRun, JobRun, Worker
from scheduler import engine
from tests.chaos.stage import Actor, Stage
from tests.chaos.works import __name__ as works

BOUND = settings.LEASE * 4 / 3  # 40 s at default times, and ten times faster here
CHILD_BOUND = 2.0


def kill_the_tree(stage: Stage) -> None:
    """kill -9 of a whole worker in mid-job: python and shell are given back, and what the shell started is ended"""
    first = stage.worker()
    stage.launch(stage.graph({"python": stage.python("python", 1.5), "shell": stage.shell("sleep 1.5")}))
    stage.wait_started(2)
    shell = next(effect.pid for effect in stage.effects("start") if effect.key == "shell")
    killed = first.kill()
    stage.wait(lambda: not psutil.pid_exists(shell), "the end of the killed worker's command", settings.KILL_GRACE + 1)
    stage.wait_ended()
    back = stage.given_back(killed)
    stage.require(len(back) == 2, f"given back: {len(back)} of 2")
    stage.require_within(back[-1], BOUND, "given back")
    stage.require_success()
    stage.tell(given_back=back[-1], ended=time.time() - killed)


def kill_a_child(stage: Stage) -> None:
    """kill -9 of a pool process: what it held is given back at once, its neighbour is not disturbed"""
    worker = stage.worker()
    stage.launch(stage.graph({"a": stage.python("a", 1), "b": stage.python("b", 1)}))
    stage.wait_started(2)
    victim = next(effect.pid for effect in stage.effects("start") if effect.key == "a")
    os.kill(victim, signal.SIGKILL)
    killed = time.time()
    stage.wait_ended()
    back = stage.given_back(killed)
    stage.require(len(back) == 1, f"given back: {len(back)} of 1")
    stage.require_within(back[0], CHILD_BOUND, "given back")
    stage.require(len([effect for effect in stage.effects("start") if effect.key == "b"]) == 1, "the neighbour was disturbed")
    stage.require_success()
    stage.require(not worker.exits, "the worker died with its child")
    stage.tell(given_back=back[0], ended=time.time() - killed)


def kill_a_child_without_a_broker(stage: Stage) -> None:
    """kill -9 of a pool process while Redis is away: still known at once, and done again when Redis is back"""
    stage.worker(slots=1)
    stage.launch(stage.graph({"a": stage.python("a", 1)}))
    stage.wait_started()
    stage.stop_redis()
    os.kill(stage.effects("start")[0].pid, signal.SIGKILL)
    killed = time.time()
    stage.wait(lambda: stage.given_back(killed), "the giving back")
    back = stage.given_back(killed)[0]
    stage.require_within(back, CHILD_BOUND, "given back")
    stage.start_servers()
    stage.wait_ended()
    stage.require_success()
    stage.tell(given_back=back)


def poison(stage: Stage) -> None:
    """a job that kills its own process each time: three starts, then worker_lost; others go on"""
    stage.worker()
    die, leave = (stage.python(key, command=f"{works}.{key}") for key in ("die", "leave"))
    stage.launch(stage.graph({"die": die, "after": stage.python("after")}, [("die", "after")]))
    stage.launch(stage.graph({"leave": leave}))
    stage.launch(stage.graph({"kill": stage.shell("kill -9 $PPID; sleep 60")}))
    stage.launch(stage.graph({"fine": stage.python("fine")}), 5)
    stage.wait_ended()
    for key in ("die", "leave", "kill"):
        starts = [effect for effect in stage.effects("start") if effect.key == key]
        job = JobRun.objects.get(key=key)
        stage.require(
            (len(starts), job.state, job.reason) == (settings.LOSS_LIMIT, "FAILED", "worker_lost"),
            f"{key}: {len(starts)} starts, {job.state}, {job.reason}",
        )
    stage.require(JobRun.objects.get(key="after").state == "SKIPPED", "a task went on after a lost one")
    stage.require(JobRun.objects.filter(key="fine", state="SUCCESS").count() == 5, "others were disturbed")


def stop_and_continue(stage: Stage) -> None:
    """SIGSTOP of a worker past its lease, then SIGCONT: another takes over, and the first stops its jobs and writes nothing"""
    first = stage.worker()
    # Longer than a busy machine needs for a lease and a second worker: a sleep that is over when it goes on has ended.
    tasks = {"python": stage.python("python", 12), "shell": stage.shell("sleep 12")}
    stage.launch(stage.graph(tasks))
    stage.wait_started(2)
    shell = next(effect.pid for effect in stage.effects("start") if effect.key == "shell")
    first.signal(signal.SIGSTOP)
    frozen = time.time()
    stage.worker()
    stage.wait_started(4)
    back = stage.given_back(frozen)
    stage.require_within(back[-1], BOUND, "given back")
    first.signal(signal.SIGCONT)
    stage.wait(lambda: not psutil.pid_exists(shell), "the end of the first worker's command", 3)
    stage.wait_ended()
    stage.require_success()
    ends = [effect.key for effect in stage.effects("end")]
    stage.require(sorted(ends) == ["python", "shell"], f"came to their ends: {ends}")
    stage.launch(stage.graph({"again": stage.python("again")}), 4)
    stage.wait_ended()
    stage.require(first.popen.poll() is None and not first.exits, "the first worker died of it")
    stage.tell(taken_over=back[-1])


def freeze_without_a_successor(stage: Stage) -> None:
    """SIGSTOP past the lease with nobody to take over: the attempt that was given back is not ended by its former worker"""
    first = stage.worker(slots=1)
    stage.launch(stage.graph({"a": stage.shell("sleep 6")}))
    stage.wait_started()
    first.signal(signal.SIGSTOP)
    sweeper = stage.worker(slots=1, queues=["elsewhere"])
    stage.wait(lambda: JobRun.objects.get().state == "QUEUED", "the giving back", 10)
    sweeper.end()
    first.signal(signal.SIGCONT)
    stage.wait_ended()
    stage.require_success()


def freeze_in_mid_transaction(stage: Stage) -> None:
    """a worker frozen with a run's lock, or with the sweep's, holds up nobody for longer than a lease"""
    for number, point in enumerate(("settle.decided", "sweep.found"), start=1):
        frozen = stage.worker(slots=1, fault=f"{point}=pause:600")
        stage.wait(partial(_count_workers, number), "the worker that will freeze")
        stage.launch(stage.graph({"a": stage.python("a", 0.3), "b": stage.python("b")}, [("a", "b")]))
        stage.wait((stage.directory / f"fired-{point}").exists, "the fault")
        frozen.signal(signal.SIGSTOP)
        began = time.monotonic()
        other = stage.worker(slots=1)
        stage.wait_ended(3 * settings.LEASE + 5)
        stage.tell(**{f"{point.split('.')[0]}_lock": time.monotonic() - began})
        frozen.end()
        other.end()
    stage.require_success()


def _count_workers(least: int) -> bool:
    return Worker.objects.count() >= least


def leave_in_mid_job(stage: Stage) -> None:
    """SIGTERM in mid-job: what ends within the grace time ends, the rest is given back at once without a loss; exit code 0"""
    worker = stage.worker(slots=4)
    tasks = {
        "quick": stage.python("quick", 1),
        "python": stage.python("python", 3),
        "shell": stage.shell("sleep 3"),
        "stubborn": stage.shell("trap '' TERM; [ $SCHEDULER_ATTEMPT -gt 1 ] || sleep 60"),
    }
    stage.launch(stage.graph(tasks))
    stage.wait_started(4)
    worker.resting = True
    told = time.time()
    worker.popen.send_signal(signal.SIGTERM)
    code = worker.popen.wait(20)
    left = time.time() - told
    back = stage.given_back(told)
    stage.require(code == 0, f"the worker's exit code is {code}")
    stage.require(len(back) == 3, f"given back: {back}")
    stage.require(not Worker.objects.exists(), "the worker's row is still there")
    stage.require(JobRun.objects.get(key="quick").state == "SUCCESS", "what would have ended in time did not")
    stage.require(JobRun.objects.filter(losses__gt=0).count() == 0, "a loss was counted")
    stage.require(left < 2 + settings.KILL_GRACE + 3, f"it left after {left:.1f} s")
    stage.worker(slots=4)
    stage.wait_ended()
    stage.require_success()
    stage.tell(left_after=left)


def leave_with_what_clings(stage: Stage) -> None:
    """SIGTERM while a callable swallows every interruption: given back without a loss all the same"""
    worker = stage.worker(slots=1)
    stage.launch(stage.graph({"cling": stage.python("cling", 12, command=f"{works}.cling")}))
    stage.wait_started()
    worker.resting = True
    told = time.time()
    worker.popen.send_signal(signal.SIGTERM)
    code = worker.popen.wait(20)
    job = JobRun.objects.get()
    stage.require((code, job.state, job.losses) == (0, "QUEUED", 0), f"exit code {code}, {job.state}, {job.losses} losses")
    stage.tell(left_after=time.time() - told)
    stage.worker(slots=1)
    stage.wait_ended()
    stage.require_success()


def deaf(stage: Stage) -> None:
    """a worker that lives and hears nothing: it notices, exits, and its successor does the work"""
    worker = stage.worker(slots=1)
    stage.launch(stage.graph({"a": stage.python("a")}))
    stage.wait_ended()
    current_app.control.cancel_consumer("default")
    time.sleep(1)  # until it has heard it; nothing tells of that
    began = time.monotonic()
    stage.launch(stage.graph({"b": stage.python("b")}))
    stage.wait_ended(settings.RING_GRACE * 4 + 10)
    stage.require(worker.exits == [70], f"it exited with {worker.exits}")
    stage.require_success()
    stage.tell(done_after=time.monotonic() - began)


def not_deaf(stage: Stage) -> None:
    """a worker is not taken for deaf that is busy, has no work on its queues, or works at the run's limit"""
    worker = stage.worker(slots=2)
    tasks = {f"t{number}": stage.python(f"t{number}", 3) for number in range(4)}
    stage.launch(stage.graph(tasks, max_parallel=1))
    elsewhere = stage.launch(stage.graph({"x": stage.python("x", queue="elsewhere")}))[0]
    stage.wait(lambda: GraphRun.objects.exclude(pk=elsewhere.pk).filter(state="SUCCESS").exists(), "the end", 40)
    stage.require(not worker.exits, f"it exited with {worker.exits}")
    engine.cancel([elsewhere.pk], cause="the end of the scenario")
    stage.wait_ended()


def a_hundred_kills(stage: Stage) -> None:
    """100 kills of trees and children under load: nothing is lost, nothing is done twice without need"""
    kills = 10 if stage.short else 100
    chance = random.Random(7)
    crew = [stage.worker(slots=2, CELERIAC_LOSS_LIMIT="1000") for _ in range(2)]
    recovered: list[float] = []
    graph = stage.graph(
        {
            **{f"a{n}": (stage.python if n % 2 else _slow_shell(stage))(f"a{n}", 0.2) for n in range(8)},
            "join": stage.python("join"),
        },
        [(f"a{n}", "join") for n in range(8)],
    )
    for number in range(kills):
        if not GraphRun.objects.filter(state__in=("PENDING", "RUNNING")).count() > 2:
            stage.launch(graph, 3)
        stage.wait(lambda: JobRun.objects.filter(state="RUNNING").exists(), "a running job")
        recovered += _kill_one(stage, chance.choice(crew), tree=number % 3 == 0)
    stage.wait_ended(120)
    stage.require_success()
    recovered.sort()
    stage.require_within(recovered[-1], BOUND, "given back")
    stage.tell(kills=kills, median=recovered[len(recovered) // 2], slowest=recovered[-1], runs=GraphRun.objects.count())


def _slow_shell(stage: Stage):
    return lambda key, seconds: stage.shell(f"sleep {seconds}")


def _kill_one(stage: Stage, worker: Actor, *, tree: bool) -> list[float]:
    """Kill a worker or one of its pool, and return how long each attempt took to be given back that it held."""
    worker.tend()
    held = set(JobRun.objects.filter(state="RUNNING").values_list("pk", "attempt", "walk_id", "claimed_by"))
    if tree:
        boots = set(Worker.objects.filter(pid=worker.popen.pid).values_list("boot_id", flat=True))
        lost = {(pk, attempt) for pk, attempt, _, boot in held if boot in boots}
        worker.kill()
    else:
        pool = worker.pool() if worker.popen.poll() is None else []
        if not pool:
            return []
        victim = pool[0].pid
        lost = {(pk, attempt) for pk, attempt, walk, _ in held if str(walk).endswith(f"@{victim}")}
        os.kill(victim, signal.SIGKILL)
    at = time.monotonic()

    def is_back() -> bool:
        return not set(JobRun.objects.filter(state="RUNNING").values_list("pk", "attempt")) & lost

    stage.wait(is_back, "the giving back", 30)
    return [time.monotonic() - at] if lost else []


SCENARIOS = [
    kill_the_tree,
    kill_a_child,
    kill_a_child_without_a_broker,
    poison,
    stop_and_continue,
    freeze_without_a_successor,
    freeze_in_mid_transaction,
    leave_in_mid_job,
    leave_with_what_clings,
    deaf,
    not_deaf,
    a_hundred_kills,
]
SHORT = [kill_the_tree, kill_a_child, poison, stop_and_continue, leave_in_mid_job]
