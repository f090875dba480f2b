"""Commands that behave badly: they multiply, shout, ignore, and leave things behind."""

from __future__ import annotations

import time

import psutil

from runs.models import JobRun, LogChunk
from tests.chaos.stage import Stage

GIGABYTE = 1_000_000_000
MEMORY = 200 * 1024**2  # bytes that a worker may grow by


def rough_commands(stage: Stage) -> None:
    """a fork bomb, 1 GB of output, an ignored TERM, an orphaned grandchild, closed pipes: bounded, and nothing is left"""
    worker = stage.worker(slots=3)
    size = GIGABYTE // 10 if stage.short else GIGABYTE
    stage.launch(stage.graph({f"warm{n}": stage.shell("sleep 0.5") for n in range(3)}))
    stage.wait_ended()
    before = _memory(worker.popen.pid)
    bodies = {
        # It doubles until there are some hundred, and none of them leaves by itself.
        "bomb": ("b() { [ $1 -gt 7 ] || { b $(($1 + 1)) & b $(($1 + 1)) & }; trap '' TERM; sleep 60; }; b 1", {"timeout": 3}),
        "loud": (f"head -c {size} /dev/zero | tr '\\0' x", {}),
        "stubborn": ("trap '' TERM; while :; do sleep 0.1; done", {"timeout": 1}),
        "parent": ("setsid sh -c 'trap \"\" TERM; sleep 60' & (sleep 60 &)", {}),
        "mute": ("exec >&- 2>&-; sleep 1", {}),
    }
    graph = stage.graph({key: stage.shell(body, **fields) for key, (body, fields) in bodies.items()})
    began = time.monotonic()
    stage.launch(graph)
    most = 0

    def all_ended() -> bool:
        nonlocal most
        most = max(most, _memory(worker.popen.pid))
        return not JobRun.objects.filter(state__in=("QUEUED", "RUNNING")).exists()

    stage.wait(all_ended, "the end of all commands", 90)
    took = time.monotonic() - began
    jobs = {job.key: job for job in JobRun.objects.all()}
    for key in ("bomb", "stubborn"):
        stage.require(jobs[key].state == "FAILED" and "timed out" in str(jobs[key].errors), f"{key}: {jobs[key].errors}")
    for key in ("loud", "parent"):
        stage.require(jobs[key].state == "SUCCESS", f"{key}: {jobs[key].state} {str(jobs[key].errors)[:200]}")
    kept = sum(len(text) for text in LogChunk.objects.filter(job_run=jobs["loud"]).values_list("text", flat=True))
    stage.require(jobs["loud"].results.get("truncated") and kept < 1_200_000, f"{kept} characters of {size} are kept")
    stage.wait(lambda: not _left(), "the end of everything they had started", 5)
    stage.require(most - before < MEMORY, f"the worker grew by {(most - before) / 1e6:.0f} MB")
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")
    stage.launch(stage.graph({"fine": stage.python("fine")}))
    stage.wait_ended()
    stage.require(JobRun.objects.get(key="fine").state == "SUCCESS", "the worker does no more work")
    stage.tell(all_after=took, grew=f"{(most - before) / 1e6:.0f} MB")


def _left() -> list[psutil.Process]:
    """Return what carries the mark of a worker's guard."""
    left = []
    for process in psutil.process_iter():
        try:
            if "CELERIAC_GUARD" in process.environ() and process.environ().get("SCHEDULER_PARAM_TOKEN"):
                left.append(process)
        except psutil.Error:
            continue
    return left


def _memory(pid: int) -> int:
    """Return the bytes that a worker and its pool take for themselves."""
    total = 0
    try:
        worker = psutil.Process(pid)
        for process in [worker, *worker.children()]:
            total += process.memory_full_info().uss
    except psutil.NoSuchProcess:
        pass
    return total


SCENARIOS = [rough_commands]
SHORT = [rough_commands]
