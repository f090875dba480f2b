"""A broker that forgets, dies, refuses, or says nothing any more."""

from __future__ import annotations

import signal
import threading
import time

import httpx
from django.conf import settings

from runs.models import GraphRun, JobRun
from tests.chaos.stage import Stage

SOON = settings.RING_GRACE + settings.SWEEP_INTERVAL + 1.0


def flushall(stage: Stage) -> None:
    """FLUSHALL with 500 queued and 8 running: all run once, the first of them soon, the running ones undisturbed"""
    stage.worker(slots=8)
    stage.launch(stage.graph({"long": stage.python("long", 3 if stage.short else 15)}), 8)
    stage.wait_started(8)
    stage.launch(stage.graph({"short": stage.python("short", 0.001)}), 100 if stage.short else 500)
    stage.redis.flushall()
    flushed = time.time()
    stage.wait_ended(120)
    stage.require_success()
    stage.require(flushed < min(effect.at for effect in stage.effects("end")), "the slots were free before the fault")
    starts = [effect for effect in stage.effects("start") if effect.key == "short" and effect.at > flushed]
    free = min(effect.at for effect in stage.effects("end"))
    first = min(effect.at for effect in starts)
    stage.require(first <= max(free, flushed) + SOON, f"the first came {first - free:.1f} s after there was a free slot")
    stage.require(not any(stage.given_back(0)), "something was done again")
    stage.tell(first_after=first - free, all_after=time.time() - flushed)


def restart_redis_twice(stage: Stage) -> None:
    """Redis killed and started again, twice, under a busy and an idle worker: both go on, nothing is done twice"""
    busy, idle = stage.worker(slots=1), stage.worker(slots=1)
    stage.launch(stage.graph({"long": stage.python("long", 4)}))
    stage.wait_started()
    for _ in range(2):
        stage.stop_redis()
        time.sleep(0.5)  # away for a moment: nothing tells when everybody has noticed
        stage.start_servers()
        stage.launch(stage.graph({"short": stage.python("short", 0.01)}), 10)
    back = time.time()
    stage.wait(lambda: JobRun.objects.filter(key="short", state="SUCCESS").count() == 20, "the work of both restarts", 15)
    stage.tell(all_after=time.time() - back)
    stage.wait_ended()
    stage.require_success()
    stage.require(not busy.exits and not idle.exits, f"workers exited: {busy.exits}, {idle.exits}")
    stage.require(not stage.given_back(0), "something was done again")


def refused(stage: Stage) -> None:
    """Redis refuses for a while: every launch answers 201 at once, and all run when it is back"""
    _away(stage, stage.stop_redis, stage.start_servers)


def frozen(stage: Stage) -> None:
    """Redis accepts and says nothing for a while: every launch answers 201 at once, and all run when it is back"""
    process = stage.redis_process()
    _away(stage, lambda: process.send_signal(signal.SIGSTOP), lambda: process.send_signal(signal.SIGCONT))


def _away(stage: Stage, leave, come_back) -> None:
    worker = stage.worker()
    client = stage.web()
    graph = stage.graph({"a": stage.python("a", 0.01), "b": stage.shell()}, [("a", "b")])
    took: list[float] = []
    leave()
    gone = time.monotonic()
    try:
        while time.monotonic() - gone < (4 if stage.short else 60):
            took.append(_launch(stage, client, graph.pk))
            if len(took) == 20:
                _launch_together(stage, client, graph.pk, took)
            time.sleep(0.2)  # a client's pace
        answer = client.get("/health/ready")
        stage.answers.pop()  # it is there to say so
        stage.require(answer.status_code == 503 and answer.json()["missing"] == ["broker"], f"health says {answer.text}")
    finally:
        come_back()
    back = time.time()
    stage.wait_ended(40)
    stage.require_success()
    took.sort()
    slowest = took[int(len(took) * 0.99)]
    stage.require_within(slowest, 0.5, "a launch was answered")
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")
    stage.tell(launches=len(took), p99=slowest, all_after=time.time() - back)


def _launch(stage: Stage, client: httpx.Client, graph: int) -> float:
    began = time.monotonic()
    answer = client.post(f"/scheduler/dag/{graph}/execute/", json={"params": {"token": stage.token()}})
    stage.require(answer.status_code == 201, f"a launch answered {answer.status_code}: {answer.text[:200]}")
    return time.monotonic() - began


def _launch_together(stage: Stage, client: httpx.Client, graph: int, took: list[float]) -> None:
    threads = [threading.Thread(target=lambda: took.append(_launch(stage, client, graph))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def leave_without_a_broker(stage: Stage) -> None:
    """SIGTERM while Redis refuses, and while it says nothing: the worker leaves all the same"""
    for number, frozen_too in enumerate((False, True)):
        worker = stage.worker(slots=1)
        stage.launch(stage.graph({"a": stage.python("a", 8)}))
        stage.wait_started(number + 1)
        worker.resting = True
        process = stage.redis_process()
        if frozen_too:
            process.send_signal(signal.SIGSTOP)
        else:
            stage.stop_redis()
        time.sleep(1)  # until it has noticed, if it does
        told = time.monotonic()
        worker.popen.send_signal(signal.SIGTERM)
        try:
            code = worker.popen.wait(20)
        finally:
            if frozen_too:
                process.send_signal(signal.SIGCONT)
            stage.start_servers()
        stage.tell(**{"frozen" if frozen_too else "refused": time.monotonic() - told})
        stage.require(JobRun.objects.filter(state="RUNNING").count() == 0, "it left a job behind")
        stage.require(code == 0, f"exit code {code}")
        stage.require(JobRun.objects.filter(losses__gt=0).count() == 0, "a loss was counted")
        stage.worker(slots=1)
        stage.wait_ended()
        stage.actors[-1].end()
    stage.require(GraphRun.objects.filter(state="SUCCESS").count() == 2, "not all have succeeded")


SCENARIOS = [flushall, restart_redis_twice, refused, frozen, leave_without_a_broker]
SHORT = [flushall, restart_redis_twice, frozen]
