"""Two that act on one job at the same moment, again and again: one of them wins, and the answer agrees with the row."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable

from django.db import connection

from api.errors import Conflict
from runs.models import GraphRun, JobRun
from scheduler import engine, reports
from scheduler.work import succeeded, waiting
from tests.chaos.stage import Stage

ROUNDS, FEW = 1000, 100


def cancel_races_completion(stage: Stage) -> None:
    """cancel against completion, 1,000 rounds: each job is SUCCESS or CANCELLED, its child follows, its run agrees"""
    graph = stage.graph({"a": stage.python("a"), "b": stage.python("b")}, [("a", "b")])
    walker = engine.Walker(worker=uuid.uuid4(), queues=["default"], rung_on="default", limit=0)

    def complete(run: GraphRun, claim: tuple[int, int]) -> str:
        moved = engine.settle(run.pk, [(*claim, succeeded(1))], cause="race").moved
        return "completed" if moved else "refused"

    def cancel(run: GraphRun, claim: tuple[int, int]) -> str:
        engine.cancel([run.pk], cause="race")
        return "cancelled"

    def prepare() -> tuple[GraphRun, tuple[int, int]]:
        [run] = stage.launch(graph)
        walker.limit = 1
        [claim] = engine.begin(run.pk, walker)
        return run, (claim.id, claim.attempt)

    _race(stage, prepare, complete, cancel)
    ends = Counter(JobRun.objects.filter(key="a").values_list("state", flat=True))
    stage.require(ends == {"SUCCESS": ends["SUCCESS"]}, f"an attempt that was completed is {ends}")  # its worker had it
    after = Counter(JobRun.objects.filter(key="b").values_list("state", "graph_run__state"))
    stage.require(set(after) == {("CANCELLED", "CANCELLED")}, f"children and runs: {after}")
    stage.tell(rounds=sum(ends.values()))


def report_races_cancel(stage: Stage) -> None:
    """a report against a cancel, 1,000 rounds: one wins, and what the reporter was told is what stands"""
    graph = stage.graph({"a": {"driver": "offline", "command": "a"}})
    walker = engine.Walker(worker=uuid.uuid4(), queues=["default"], rung_on="default")
    told: dict[int, bool] = {}

    def report(run: GraphRun, claim: tuple[int, int]) -> str:
        try:
            reports.report_to(claim[0], reports.Report(success=True, result=1))
        except Conflict:
            told[claim[0]] = False
            return "refused"
        told[claim[0]] = True
        return "reported"

    def cancel(run: GraphRun, claim: tuple[int, int]) -> str:
        engine.cancel([run.pk], cause="race")
        return "cancelled"

    def prepare() -> tuple[GraphRun, tuple[int, int]]:
        [run] = stage.launch(graph)
        [claim] = engine.begin(run.pk, walker)
        engine.settle(run.pk, [(claim.id, claim.attempt, waiting("a report is owed"))], cause="race")
        return run, (claim.id, claim.attempt)

    _race(stage, prepare, report, cancel)
    for job in JobRun.objects.all():
        expected = "SUCCESS" if told[job.pk] else "CANCELLED"
        stage.require(job.state == expected, f"the reporter was told {told[job.pk]}, and the task is {job.state}")
    stage.require(len(set(told.values())) == 2, "one of them always won: that is no race")
    stage.tell(rounds=len(told), reports_taken=sum(told.values()))


def wait_races_cancel(stage: Stage) -> None:
    """the start of a wait against a cancel, 1,000 rounds: nobody waits for ever in a cancelled run"""
    graph = stage.graph({"a": {"driver": "offline", "command": "a"}})
    walker = engine.Walker(worker=uuid.uuid4(), queues=["default"], rung_on="default")

    def wait(run: GraphRun, claim: tuple[int, int]) -> str:
        engine.settle(run.pk, [(*claim, waiting("a report is owed"))], cause="race")
        return "waits"

    def cancel(run: GraphRun, claim: tuple[int, int]) -> str:
        engine.cancel([run.pk], cause="race")
        return "cancelled"

    def prepare() -> tuple[GraphRun, tuple[int, int]]:
        [run] = stage.launch(graph)
        [claim] = engine.begin(run.pk, walker)
        return run, (claim.id, claim.attempt)

    _race(stage, prepare, wait, cancel)
    stage.require(set(stage.states()) == {"CANCELLED"}, f"after the cancels: {stage.states()}")


def cancel_real_work(stage: Stage) -> None:
    """cancels at random moments of real work, each kind: all ends within the grace time, nothing starts afterwards"""
    stage.worker(slots=4, CELERIAC_CALLABLES="tests.chaos.works.note,time.sleep")
    tasks = {
        "quick": stage.python("quick"),
        "python": stage.python("python", 30),
        "shell": stage.shell("sleep 30"),
        "stubborn": stage.shell("trap '' TERM; while :; do sleep 0.1; done"),
        "offline": {"driver": "offline", "command": "x"},
        "after": stage.python("after"),
    }
    edges = [(key, "after") for key in tasks if key != "after"]
    chance = random.Random(11)
    slowest = 0.0
    for _ in range(4 if stage.short else 15):
        [run] = stage.launch(stage.graph(tasks, edges))
        time.sleep(chance.uniform(0, 0.8))
        engine.cancel([run.pk], cause="chaos")
        slowest = max(slowest, stage.wait_ended(10))
        stage.require(GraphRun.objects.get(pk=run.pk).state == "CANCELLED", "a cancelled run is not CANCELLED")
    stage.require_within(slowest, 1 + 2, "cancelled")  # the grace of the tests is a second
    stage.tell(slowest=slowest)


def _race(
    stage: Stage,
    prepare: Callable[[], tuple[GraphRun, tuple[int, int]]],
    *contenders: Callable[[GraphRun, tuple[int, int]], str],
) -> None:
    """Let the contenders act on each prepared run at the same moment, each a random moment late."""
    prepared = [prepare() for _ in range(FEW if stage.short else ROUNDS)]
    barrier = threading.Barrier(len(contenders))
    faults: list[BaseException] = []

    def work(contender: Callable[[GraphRun, tuple[int, int]], str], seed: int) -> None:
        chance = random.Random(seed)
        try:
            for run, claim in prepared:
                barrier.wait(timeout=60)
                time.sleep(chance.uniform(0, 0.008))
                contender(run, claim)
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(contender, seed)) for seed, contender in enumerate(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.require(not faults, f"a contender failed: {faults!r}")


SCENARIOS = [cancel_races_completion, report_races_cancel, wait_races_cancel, cancel_real_work]
SHORT = [cancel_races_completion, report_races_cancel, cancel_real_work]
