"""A database that goes away, and every named place in the code path where a process may die or lose it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import httpx
import psutil
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from notifications.models import Notification
from runs import spec
from runs.models import GraphRun, JobRun
from scheduler import engine, faults
from scheduler.launching import Content, Launch, launch
from scheduler.nodes import queues_of
from scheduler.rerunning import Rerun, rerun
from schedules import services as schedules
from schedules.models import Firing, Schedule
from tests import notices
from tests.chaos.stage import Actor, Stage, Violation


def restart_postgres(stage: Stage) -> None:
    """PostgreSQL restarted fast, and its postmaster killed, under load: 503 while it is away, nothing lost or done twice"""
    worker = stage.worker(slots=4)
    client = stage.web()
    graph = stage.graph(
        {"a": stage.python("a", 0.05), "b": stage.shell("sleep 0.05"), "long": stage.python("long", 1)}, [("a", "b")]
    )
    done = threading.Event()
    accepted: list[int] = []
    load = threading.Thread(target=_load, args=(stage, client, graph.pk, done, accepted))
    load.start()
    try:
        for how in (signal.SIGINT, signal.SIGKILL):
            _wait_for_more(stage, accepted)
            left = time.time()
            stage.stop_postgres(how)
            time.sleep(1)  # the outage
            stage.start_servers()
            back = time.time()
            stage.outages.append((left - 0.1, back + 1))
            _wait_for_more(stage, accepted)
    finally:
        done.set()
        load.join()
    stage.wait_ended(90)
    stage.require_success()
    stage.require(set(accepted) <= set(GraphRun.objects.values_list("pk", flat=True)), "an accepted launch is lost")
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")
    stage.require(stage.states()["SUCCESS"] == 3 * GraphRun.objects.count(), "a job is lost")
    unavailable = sum(status == 503 for _, status in stage.answers)
    stage.require(unavailable > 0, "nobody noticed the outage")
    stage.tell(launches=len(accepted), unavailable=unavailable, done_again=len(stage.given_back(0)))


def _wait_for_more(stage: Stage, accepted: list[int]) -> None:
    enough = len(accepted) + 5
    stage.wait(lambda: len(accepted) >= enough, "five launches", 10)


def _load(stage: Stage, client: httpx.Client, graph: int, done: threading.Event, accepted: list[int]) -> None:
    while not done.wait(0.1):
        answer = client.post(f"/scheduler/dag/{graph}/execute/", json={"params": {"token": stage.token()}})
        if answer.status_code == 201:
            accepted.append(answer.json()["graph_id"])


def long_outage(stage: Stage) -> None:
    """PostgreSQL away for longer than a lease: a worker in mid-job stops it, and it is done again afterwards"""
    worker = stage.worker(slots=2)
    stage.launch(stage.graph({"shell": stage.shell("sleep 8"), "python": stage.python("python", 8)}))
    stage.wait_started(2)
    shell = next(effect.pid for effect in stage.effects("start") if effect.key == "shell")
    stage.stop_postgres(signal.SIGINT)
    left = time.monotonic()
    while psutil.pid_exists(shell) and time.monotonic() - left < 6:
        time.sleep(0.02)
    stopped = time.monotonic() - left
    stage.start_servers()
    stage.require(2.5 < stopped < 5.5, f"the job was stopped after {stopped:.1f} s without a database")
    stage.wait_ended()
    stage.require_success()
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")
    stage.tell(stopped_after=stopped)


IN_CALLER = {"launch.written", "launch.committed", "rerun.written", "rerun.committed", "cancel.moved", "cancel.committed"}
IN_TRANSACTION = {"launch.written", "rerun.written", "begin.expanded", "begin.claimed", "settle.moved", "settle.decided"}
IN_TRANSACTION |= {"cancel.moved", "give_back.moved", "sweep.found", "place.written"}
IN_TRANSACTION |= {"firing.locked", "firing.written", "firing.launched", "firing.booked", "firing.unqueued"}
WITHOUT_DATABASE = {"ring", "bell.publish", "bell.published", "service.started", "service.ready"}
RINGING = {"ring", "bell.publish", "bell.published"}
IN_SHORT = ["begin.claimed=kill", "settle.decided=lost", "walker.performed=kill", "ring=kill"]


def fault_points(stage: Stage) -> None:
    """a kill, a database error and a lost answer at every named point: everything ends as it does without a fault"""
    chosen = IN_SHORT if stage.short else [fault for name in faults.POINTS for fault in _faults_at(name)]
    for fault in chosen:
        name = fault.partition("=")[0]
        before = JobRun.objects.count()
        try:
            if name in IN_CALLER:
                _in_caller(stage, fault)
            else:
                _in_worker(stage, fault)
            stage.wait_ended(40)
        except Violation as violation:
            raise Violation(f"{fault}: {violation}") from violation
        stage.require(JobRun.objects.count() > before, f"{fault}: nothing was done")
        stage.require(set(stage.states()) <= {"SUCCESS", "CANCELLED"}, f"{fault}: {stage.states()}")
    stage.tell(faults=len(chosen), done_again=len(stage.given_back(0)))


def _faults_at(name: str) -> list[str]:
    actions = ["kill"]
    if name not in WITHOUT_DATABASE:
        actions.append("error")
    if name in IN_TRANSACTION:
        actions.append("lost")
    return [f"{name}={action}" for action in actions]


def _graph(stage: Stage):
    """A fan-out of quick and slow work and its join."""
    tasks = {f"t{n}": stage.shell() if n % 4 == 0 else stage.python(f"t{n}", 0.02 if n % 3 == 0 else 0) for n in range(16)}
    edges = [("first", key) for key in tasks] + [(key, "last") for key in tasks]
    return stage.graph({"first": stage.python("first"), **tasks, "last": stage.python("last")}, edges)


def _in_worker(stage: Stage, fault: str) -> None:
    name = fault.partition("=")[0]
    for fired in stage.directory.glob("fired-*"):
        fired.unlink()
    actor = _worker_of_a_node(stage, fault) if name.startswith("place") else stage.worker(fault=fault)
    times = 0
    if name.startswith("firing"):
        times = _schedule(stage, waiting=name == "firing.unqueued")
    elif name.startswith("deliver"):
        notices.webhook(stage.project, events=["success"])
    elif name.startswith("service"):
        _serve(stage)
    with override_settings(EXPAND_INLINE=0 if name == "begin.expanded" else settings.EXPAND_INLINE):
        # One run leaves a slot free, for which its walker rings; two may keep each other from ringing.
        stage.launch(_graph(stage), 1 if name in RINGING else 2)
    if name.startswith("give_back"):
        _lose_a_child(stage)
    stage.wait((stage.directory / f"fired-{name}").exists, f"the fault {fault}", 30)
    stage.wait(lambda: _launched() == times, f"{times} launches of the schedule: {_launched()}", 30)
    stage.wait_ended(40)
    stage.require(_launched() == times, f"{_launched()} launches of the schedule")
    Schedule.objects.all().delete()
    Notification.objects.all().delete()
    actor.end()


def _worker_of_a_node(stage: Stage, fault: str) -> Actor:
    """Have a run wait for a node that nobody knows yet, and a worker of that node come."""
    node = f"n{GraphRun.objects.count()}"
    task = {"key": "there", "name": "there", "on": "srv", **stage.python("there")}
    wanted = {"name": "srv", "selectors": [{"name": node}]}
    content = Content(project_id=stage.project.pk, spec=spec.write(name="placed", tasks={1: task}, nodes=[wanted]))
    launch([Launch(content=content, params={"token": stage.token()})])
    return stage.worker(queues=queues_of(node, ["default"]), fault=fault, CELERIAC_NODE=node)


def _serve(stage: Stage) -> None:
    """Have a service start, a task use it, and a stopper end it."""
    server = {"driver": "service", "configs": {"driver": "exec", "command": "sleep 600"}}
    stop = {"driver": "stop", "configs": {"stop": ["server"]}}
    tasks = {"server": server, "use": stage.python("use"), "stop": stop}
    content = spec.write(
        name="serves",
        tasks={key: {"key": key, "name": key, **task} for key, task in tasks.items()},
        edges=[("server", "use", "ready"), ("use", "stop", "success")],
    )
    launch([Launch(content=Content(project_id=stage.project.pk, spec=content), params={"token": stage.token()})])


def _schedule(stage: Stage, *, waiting: bool) -> int:
    """Have a schedule come due, once, or twice where one firing is to wait for the other; return how often it launches."""
    slow = stage.graph({"slow": stage.python("slow", 0.5)})
    timing = {"interval": 86_400} if waiting else {"at": timezone.now() + timedelta(seconds=1)}
    row = {"name": "chaos", "graph": slow, "params": {"token": stage.token()}, "overlap": "queue", **timing}
    (schedule,) = schedules.create([row])
    if not waiting:
        return 1
    schedules.fire([schedule.pk])
    schedules.update({schedule.pk: {"params": {"token": stage.token()}}})
    schedules.fire([schedule.pk])
    return 2


def _launched() -> int:
    return Firing.objects.filter(became="launched", graph_run__isnull=False).count()


def _lose_a_child(stage: Stage) -> None:
    run = stage.launch(stage.graph({"slow": stage.python("slow", 1)}))[0]

    def starts() -> list[int]:
        return [effect.pid for effect in stage.effects("start") if effect.token == run.params["token"]]

    stage.wait(starts, "the slow one")
    psutil.Process(starts()[0]).kill()


def _in_caller(stage: Stage, fault: str) -> None:
    """Fail in a process that launches, reruns or cancels; what it began stands or does not, as a whole."""
    name, action = fault.partition("=")[::2]
    worker = stage.worker()
    if name.startswith("cancel"):
        code = _cancelling(stage, fault)
    else:
        starts = _starting_again(stage) if name.startswith("rerun") else _starting(stage)
        runs = GraphRun.objects.count()
        code = stage.in_child(starts, fault)
        stands = name.endswith("committed") or action == "lost"
        stage.require(GraphRun.objects.count() - runs == int(stands), f"{fault}: {GraphRun.objects.count() - runs} runs")
        if not stands:
            starts()  # as its client does, who was told nothing
    stage.require(code in (-signal.SIGKILL, 3), f"{fault}: the fault did not fire, exit code {code}")
    stage.wait_ended(40)
    worker.end()


def _starting(stage: Stage) -> Callable[[], object]:
    """Return what launches a run."""
    one = Launch(graph=_graph(stage), params={"token": stage.token()})
    return lambda: launch([one])


def _starting_again(stage: Stage) -> Callable[[], object]:
    """Return what runs an ended run again from the middle: what came before is reused, with the effects that it had."""
    (run,) = stage.launch(_graph(stage))
    stage.wait_ended(40)
    one = Rerun(run=GraphRun.objects.get(pk=run.pk), start=["t1", "t2"], params={"token": stage.token()})
    return lambda: rerun([one])


def _cancelling(stage: Stage, fault: str) -> int:
    """Fail while a run is cancelled, and cancel it once more; return how that process exited."""
    name, action = fault.partition("=")[::2]
    graph = stage.graph({"slow": stage.python("slow", 2), "after": stage.python("after")}, [("slow", "after")])
    (slow,) = stage.launch(graph)
    code = stage.in_child(lambda: engine.cancel([slow.pk], cause="chaos"), fault)
    asked = GraphRun.objects.get(pk=slow.pk).cancel_requested_at is not None
    stage.require(asked == (name == "cancel.committed" or action == "lost"), f"{fault}: the cancel stands: {asked}")
    engine.cancel([slow.pk], cause="once more")
    return code


def disk_full(stage: Stage) -> None:
    """no room for output, then none for outcomes, for a while: output is left out, outcomes are recorded once there is room"""
    worker = stage.worker()
    with _Full("runs_logchunk", "INSERT"):
        stage.launch(stage.graph({"talks": stage.shell("head -c 300000 /dev/zero | tr '\\0' x >&2")}))
        stage.launch(stage.graph({"full": {"driver": "shell", "command": "echo x > /dev/full"}}))
        stage.wait_ended()
    stage.require(JobRun.objects.get(key="talks").state == "SUCCESS", "a job failed because its output could not be kept")
    full = JobRun.objects.get(key="full")
    stage.require(full.state == "FAILED", f"full: {full.state} {full.errors}")
    with _Full("runs_jobrun", "UPDATE", "WHEN (NEW.state = 'SUCCESS')"):
        stage.launch(stage.graph({"a": stage.python("a")}), 3)
        stage.wait_started(4)
        stage.wait(lambda: JobRun.objects.filter(key="a", state="RUNNING").exists(), "an outcome without room")
        time.sleep(1.5)  # without room; nothing tells that it is noticed
        stage.require(not JobRun.objects.filter(key="a", state="SUCCESS").exists(), "an outcome was recorded without room")
    stage.wait_ended()
    stage.require(JobRun.objects.filter(key="a", state="SUCCESS").count() == 3, f"not all succeeded: {stage.states()}")
    stage.require(not worker.exits, f"the worker exited: {worker.exits}")


class _Full:
    """A trigger that answers as PostgreSQL does without room on its disk."""

    def __init__(self, table: str, event: str, when: str = "") -> None:
        self._table, self._event, self._when = table, event, when

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER no_room BEFORE {self._event} ON {self._table} "
                f"FOR EACH ROW {self._when} EXECUTE FUNCTION no_room()"
            )

    def __exit__(self, *failure: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER no_room ON {self._table}")


SCENARIOS = [restart_postgres, long_outage, fault_points, disk_full]
SHORT = [restart_postgres, fault_points]
