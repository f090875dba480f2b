"""Messages that come twice, in another order, late, forged or as junk; and too few hands for all of them."""

from __future__ import annotations

import json
import random
import time
import uuid

from celery import current_app
from django.conf import settings
from kombu.serialization import registry

from runs.models import GraphRun, JobRun
from scheduler.dispatch import WALK
from tests.chaos.stage import Stage

QUEUE = "default"


def doubled_and_shuffled(stage: Stage) -> None:
    """every message twice and five times, in any order: each job is done once"""
    chain = stage.graph({key: stage.python(key) for key in "abc"}, [("a", "b"), ("b", "c")])
    fan = stage.graph({f"f{n}": stage.shell() if n % 5 == 0 else stage.python(f"f{n}", 0.01) for n in range(20)})
    stage.launch(chain, 20)
    stage.launch(fan, 3)
    _wait_for_messages(stage, 23)
    messages = stage.redis.lrange(QUEUE, 0, -1)
    more = [message for place, message in enumerate(messages) for _ in range(2 if place % 2 else 5)]
    random.Random(3).shuffle(more)
    stage.redis.delete(QUEUE)
    stage.redis.rpush(QUEUE, *more)
    worker = stage.worker(slots=4)
    stage.wait_ended()
    stage.wait(lambda: stage.redis.llen(QUEUE) == 0, "the end of all messages")
    stage.require_success()
    stage.require(not stage.given_back(0) and not worker.exits, "something was done again")
    stage.tell(messages=len(more), jobs=JobRun.objects.count())


def held_back(stage: Stage) -> None:
    """messages held back: the sweep rings in their place, and when they come at last they do nothing"""
    stage.launch(stage.graph({"a": stage.python("a")}), 20)
    _wait_for_messages(stage, 20)
    stage.redis.rename(QUEUE, "held")
    began = time.monotonic()
    stage.worker()
    stage.wait_ended()
    took = time.monotonic() - began
    stage.redis.rename("held", QUEUE)
    stage.wait(lambda: stage.redis.llen(QUEUE) == 0, "the end of all messages")
    stage.require_success()
    stage.tell(done_without_them_after=took)


def forged_and_junk(stage: Stage) -> None:
    """forged messages and junk: ignored or refused, the worker lives, no state changes that should not"""
    worker = stage.worker()
    done = stage.launch(stage.graph({"a": stage.python("a")}))[0]
    stage.wait_ended()
    slow = stage.launch(stage.graph({"slow": stage.python("slow", 3)}))[0]
    stage.wait_started(2)
    walk = str(JobRun.objects.get(key="slow").walk_id).partition("@")[0]
    wrong: list[list[object]] = [[10**9, QUEUE], [done.pk, QUEUE], [slow.pk, QUEUE], [], ["17", QUEUE], [None, None]]
    for args in [*wrong, [-1, QUEUE], [2**70, QUEUE], [{}]]:
        current_app.send_task(WALK, args=args, queue=QUEUE)
    for more in ([slow.pk, QUEUE], [], ["x" * 1_000_000]):
        current_app.send_task(WALK, args=more, queue=QUEUE, task_id=walk)  # under the name of the walk that is at work
    current_app.send_task(WALK, args=[slow.pk, "x" * 1_000_000], queue=QUEUE)
    current_app.send_task(WALK, args=[slow.pk, QUEUE], kwargs={"more": 1}, queue=QUEUE)
    current_app.send_task(WALK, args=[slow.pk, QUEUE], queue=QUEUE, task_id="x" * 5000)
    current_app.send_task("os.system", args=["true"], queue=QUEUE)
    registry.enable("pickle")
    current_app.send_task(WALK, args=[slow.pk, QUEUE], queue=QUEUE, serializer="pickle")
    for junk in _junk():
        stage.redis.rpush(QUEUE, junk)
    stage.launch(stage.graph({"after": stage.python("after")}), 5)
    stage.wait_ended()
    stage.wait(lambda: stage.redis.llen(QUEUE) == 0, "the end of all messages")
    stage.require_success()
    stage.require(not stage.given_back(0), "a forged message had a job done again")
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")


def _junk() -> list[bytes]:
    """Things that are no messages, and messages with a part missing."""
    whole = {
        "body": "W10=",
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": WALK, "id": str(uuid.uuid4())},
        "properties": {
            "delivery_tag": "t",
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "body_encoding": "base64",
        },
    }
    partial = [json.dumps({key: value for key, value in whole.items() if key != left_out}).encode() for left_out in whole]
    return [b"", b"junk", b"{}", b"[]", b"null", b"17", b"\xff\xfe\x00", b"[" * 5000, b"x" * 1_000_000, *partial]


def two_beats(stage: Stage) -> None:
    """two beats and two workers sweep at once: nothing is done twice"""
    beats = [stage.beat(), stage.beat()]
    stage.worker(), stage.worker()
    for _ in range(3):
        stage.launch(stage.graph({f"t{n}": stage.python(f"t{n}", 0.05) for n in range(20)}), 2)
        stage.launch(stage.graph({"retried": {"driver": "shell", "command": "exit 1", "retries": 2}}))
        time.sleep(3)  # a few sweeps of either
    stage.wait_ended()
    stage.require(stage.states() == {"SUCCESS": 120, "FAILED": 3}, f"not as it should be: {stage.states()}")
    stage.require(set(JobRun.objects.filter(key="retried").values_list("attempt", flat=True)) == {3}, "a retry too many")
    stage.require(not any(beat.exits for beat in beats), "a beat died")


def workers_away(stage: Stage) -> None:
    """all workers away with 1,000 runs waiting: rings stay bounded, and all run once there are workers again"""
    count = 100 if stage.short else 1000
    stage.beat()
    stage.launch(stage.graph({"a": stage.python("a", 0.02)}), count)
    time.sleep(settings.RING_GRACE * 2)  # away for a while
    longest = 0

    def all_ended() -> bool:
        nonlocal longest
        longest = max(longest, int(stage.redis.llen(QUEUE)))
        return not GraphRun.objects.filter(state__in=("PENDING", "RUNNING")).exists()

    began = time.monotonic()
    for _ in range(2):
        stage.worker(slots=2)
    stage.wait(all_ended, "the end of all runs", 180)
    took = time.monotonic() - began
    stage.require_success()
    stage.require(longest <= 2 * count + 20, f"{longest} messages waited for {count} runs")
    stage.require(len(stage.effects("start")) == count, f"{len(stage.effects('start'))} starts of {count} jobs")
    stage.tell(longest_queue=longest, all_after=took, a_second=f"{count / took:.0f}")


def _wait_for_messages(stage: Stage, count: int) -> None:
    stage.wait(lambda: stage.redis.llen(QUEUE) >= count, f"{count} messages")


SCENARIOS = [doubled_and_shuffled, held_back, forged_and_junk, two_beats, workers_away]
SHORT = [doubled_and_shuffled, forged_and_junk, workers_away]
