"""The loop of a local run: start what is ready, take what has ended, wait for what is due."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celeriac.client.shapes import Execution
from celeriac.local import commands, functions, reports, requests, showing, speech, templates, waits
from celeriac.local.board import Board
from celeriac.local.clock import Clock
from celeriac.local.plan import Plan
from celeriac.local.record import Record
from celeriac.local.rules import FAILED, QUEUED, RUNNING, SUCCESS, retry_in
from celeriac.local.work import Outcome, Work, failed

if TYPE_CHECKING:
    from celeriac.job import Job

DRIVERS: dict[str, Callable[[Work], Outcome]] = {
    **commands.DRIVERS,
    "python": functions.call,
    "http": requests.request,
}
LEAVING = 5.0  # seconds that commands have to be ended in when the run is interrupted
MOST = 32  # tasks at once, where the job does not say


@dataclass(kw_only=True)
class Stage:
    """Where local runs take place: their time, the reports for all of them, and whether they are shown on the terminal."""

    clock: Clock = field(default_factory=Clock)
    reports: dict[str, Any] = field(default_factory=dict)
    shows: bool = True


def perform(
    job: Job, params: Mapping[str, Any], stage: Stage, own_reports: Mapping[str, Any]
) -> tuple[Execution, dict[str, str]]:
    """Run the job to its end; return its execution as the API tells of one, and what its tasks said, by key."""
    loop = _Loop(Plan.of(job), params, stage.clock, {**stage.reports, **own_reports})
    loop.record.begins()
    with showing.shown(loop.record) if stage.shows else contextlib.nullcontext(), speech.heard():
        loop.run()
    return loop.record.execution(), loop.logs


class _Loop:
    def __init__(self, plan: Plan, params: Mapping[str, Any], clock: Clock, told: Mapping[str, Any]) -> None:
        self.plan, self.params, self.clock, self.told = plan, params, clock, told
        self.board = Board(plan.keys, [task["trigger_rule"] for task in plan.tasks], plan.edges, plan.on_failure)
        self.record = Record(plan, params, clock, self.board)
        self.logs: dict[str, str] = {}
        self._running: dict[int, threading.Event] = {}
        self._ended: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        self._due: dict[int, float] = {}  # when those that are tried again may start, as a timestamp

    def run(self) -> None:
        """Run everything; an interrupt cancels what has not ended."""
        try:
            while self.board.unfinished:
                self._start()
                self._take()
        except BaseException:
            self._end()
            raise
        finally:
            self.record.ends()

    def _end(self) -> None:
        """Cancel everything, and give commands the time to be ended: this process may be about to leave."""
        self.board.cancel()
        for cancelled in self._running.values():
            cancelled.set()
        until = time.monotonic() + LEAVING
        while any(self.plan.tasks[node]["driver"] in commands.DRIVERS for node in self._running) and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                self._running.pop(self._ended.get(timeout=LEAVING)[0], None)

    def _start(self) -> None:
        now = self.clock.now().timestamp()
        ready = [node for node in self.board.ready if self._due.get(node, 0.0) <= now]
        free = (self.plan.max_parallel or MOST) - len(self._running)
        for node in sorted(ready, key=lambda node: (-self.plan.tasks[node]["priority"], node))[: max(free, 0)]:
            self.board.moves(node, RUNNING)
            self.record.starts(node)
            self._running[node] = cancelled = threading.Event()
            threading.Thread(target=self._attempt, args=(node, cancelled), daemon=True).start()

    def _take(self) -> None:
        """Take one end, or let the time pass until another try is due."""
        waiting = [self._due[node] for node in self.board.ready if node in self._due]
        seconds = max(0.0, min(waiting) - self.clock.now().timestamp()) if waiting else None
        if not self._running:
            self.clock.sleep(seconds or 0.0)
            return
        try:
            node, outcome = self._ended.get(timeout=seconds if self.clock.is_real() else None)
        except queue.Empty:
            return
        del self._running[node]
        self._settle(node, outcome)

    def _settle(self, node: int, outcome: Outcome) -> None:
        task = self.plan.tasks[node]
        if outcome.errors is None:
            self.record.outcome(node, outcome)
            self.board.moves(node, SUCCESS)
            return
        failures = self.record.failed(node)
        seconds = retry_in(failures, task, permanent=outcome.permanent, stopped=self.board.stopped)
        self.record.outcome(node, outcome)
        if seconds is None:
            self.board.moves(node, FAILED)
        else:
            self._due[node] = self.clock.now().timestamp() + seconds
            self.board.moves(node, QUEUED, f"retry {failures} of {task['retries']} after {seconds:g} s")

    def _attempt(self, node: int, cancelled: threading.Event) -> None:
        """Do one attempt, in a thread of its own; what takes longer than its time is left behind."""
        try:
            outcome = self._done(node, cancelled)
        except BaseException as error:
            outcome = failed(repr(error))
        self._ended.put((node, outcome))

    def _done(self, node: int, cancelled: threading.Event) -> Outcome:
        task, key = self.plan.tasks[node], self.plan.keys[node]
        if task["driver"] == "offline":
            return reports.outcome(self.told, key)
        driver = DRIVERS.get(task["driver"])
        if driver is None and task["driver"] != waits.DRIVER:
            return failed(f"cannot be started: the driver {task['driver']!r} needs the service", permanent=True)
        try:
            command, configs = self._rendered(node)
        except templates.RenderError as error:
            return failed(str(error), permanent=True)
        if driver is None:
            return waits.wait(configs, self.clock, cancelled)
        outcome = _in_time(driver, self._work(node, command, configs, cancelled))
        return outcome if task["auto_report"] else reports.outcome(self.told, key)

    def _rendered(self, node: int) -> tuple[str, Mapping[str, Any]]:
        """Return the command and the configs as the work gets them: of commands, URLs alone are templates."""
        task = self.plan.tasks[node]
        command, configs = task["command"], task["configs"] or {}
        url = command if task["driver"] == "http" else ""
        if not configs and not url:
            return command, configs
        context = {"params": self.params, "results": self.record.results(self.plan.ancestors(node))}
        return templates.render(url, context, "command") or command, templates.render(configs, context)

    def _work(self, node: int, command: str, configs: Mapping[str, Any], cancelled: threading.Event) -> Work:
        task, key = self.plan.tasks[node], self.plan.keys[node]

        def say(text: str) -> None:
            self.logs[key] = self.logs.get(key, "") + text

        return Work(
            key=key,
            driver=task["driver"],
            command=command,
            configs=configs,
            params=self.params,
            parents=self.record.results(self.plan.parents[node]),
            attempt=self.record.attempt(node),
            timeout=task["timeout"],
            function=self.plan.functions[node],
            say=say,
            cancelled=cancelled,
        )


def _in_time(driver: Callable[[Work], Outcome], work: Work) -> Outcome:
    """Return the outcome of the work, or that its time is over: what cannot be stopped is left to itself."""
    found: queue.SimpleQueue[Outcome] = queue.SimpleQueue()

    def do() -> None:
        with speech.speaking(work.say):
            found.put(driver(work))

    if work.timeout is None or work.driver in commands.DRIVERS:
        do()
        return found.get()
    threading.Thread(target=do, daemon=True).start()
    try:
        return found.get(timeout=work.timeout)
    except queue.Empty:
        return failed(f"timed out after {work.timeout:g} s", timeout=work.timeout)
