"""The auditor: says what is wrong with a history. It reads the database, the effects file and the process table, no more.

Each rule is a function that yields violations, named after the invariant that it holds; `audit` asks all of them. That it
finds what it should is held by `test_auditor.py`, which plants a violation of each kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import psutil
from django.conf import settings
from django.db import connection

from dags.models import Project
from dags.rules import Condition, TriggerRule
from runs import states
from runs.compiled import Compiled, compiled
from runs.models import GraphRun, JobRun, Transition, Worker
from runs.states import FINISHED, GRAPH_FINISHED, JobRunState
from tests.chaos.effects import Effect

SLACK = 2.0  # seconds that a process may take to begin or to end after the row that says so


@dataclass(kw_only=True)
class Evidence:
    """What there is to be read. `answers` are (when, status) of HTTP, `outages` when the database was really away."""

    effects: Sequence[Effect] = ()
    answers: Sequence[tuple[float, int]] = ()
    outages: Sequence[tuple[float, float]] = ()
    runs: dict[int, GraphRun] = field(init=False)
    jobs: list[JobRun] = field(init=False)
    moves: dict[int, list[Transition]] = field(init=False)
    run_moves: dict[int, list[Transition]] = field(init=False)

    def __post_init__(self) -> None:
        self.runs = {run.pk: run for run in GraphRun.objects.all()}
        self.jobs = list(JobRun.objects.order_by("pk"))
        self.moves, self.run_moves = defaultdict(list), defaultdict(list)
        for move in Transition.objects.order_by("id"):
            (self.moves[move.job_run_id] if move.job_run_id else self.run_moves[move.graph_run_id]).append(move)

    def run_of(self, job: JobRun) -> GraphRun:
        return self.runs[job.graph_run_id]

    def graph_of(self, job: JobRun) -> Compiled:
        return compiled(self.run_of(job).execution_graph_id)

    @cached_property
    def by_node(self) -> dict[tuple[int, int], JobRun]:
        return {(job.graph_run_id, job.node): job for job in self.jobs}

    @cached_property
    def _told(self) -> dict[tuple[int, str], list[Effect]]:
        told: dict[tuple[int, str], list[Effect]] = defaultdict(list)
        for effect in self.effects:
            told[effect.token, effect.key].append(effect)
        return told

    def told(self, job: JobRun, what: str) -> list[Effect]:
        token = self.run_of(job).params.get("token")
        return [effect for effect in self._told.get((token, job.key), []) if effect.what == what]

    def name(self, job: JobRun) -> str:
        return f"{job.key} of run {job.graph_run_id}"


def audit(evidence: Evidence) -> list[str]:
    """Return what is wrong, each with the invariant it breaks."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(evidence)]


# --- The invariants ---


def i1_nothing_starts_before_its_rule_holds(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        starts = [move for move in seen.moves[job.pk] if move.to_state == JobRunState.RUNNING]
        graph = seen.graph_of(job)
        rule, node = graph.rule(job.node), job.node
        if not starts or rule in (TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED):
            continue
        for place in graph.parents(node):
            parent = seen.by_node.get((job.graph_run_id, place))
            counts = {*FINISHED, JobRunState.WAITING} if graph.condition(place, node) == Condition.READY else FINISHED
            ends = [move for move in seen.moves[parent.pk] if move.to_state in counts] if parent else []
            if not parent or not ends or ends[0].id > starts[0].id:
                yield f"{seen.name(job)} started before its parent {graph.key(place)} ended"
            elif (
                rule == TriggerRule.ALL_SUCCESS
                and graph.condition(place, node) == Condition.SUCCESS
                and graph.on_failure != "continue"
                and parent.state != JobRunState.SUCCESS
            ):
                yield f"{seen.name(job)} started though its parent {parent.key} is {parent.state}"
            elif any(end.at > start.at + 0.05 for end in seen.told(parent, "end") for start in seen.told(job, "start")):
                yield f"{seen.name(job)} did its work before its parent {parent.key} had done its own"


def i2_an_end_is_final_and_single(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        ends = [place for place, move in enumerate(seen.moves[job.pk]) if move.to_state in FINISHED]
        if len(ends) > 1:
            yield f"{seen.name(job)} ended {len(ends)} times"
        if ends and ends[0] != len(seen.moves[job.pk]) - 1:
            yield f"{seen.name(job)} moved on after its end"
        claims = Counter(move.attempt for move in seen.moves[job.pk] if move.to_state == JobRunState.RUNNING)
        if any(count > 1 for count in claims.values()):
            yield f"{seen.name(job)} had an attempt that was claimed twice"


def i3_nothing_is_forgotten(seen: Evidence) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now = cursor.fetchone()[0]
    bound = timedelta(seconds=settings.LEASE + settings.RING_GRACE * 2 + 5)
    living = set(Worker.objects.filter(heartbeat_at__gt=now - bound).values_list("boot_id", flat=True))
    for job in seen.jobs:
        if job.state == JobRunState.QUEUED and job.available_at and job.available_at < now - bound:
            if seen.run_of(job).rung_at < now - bound:
                yield f"{seen.name(job)} is queued, and nobody was rung for it since {seen.run_of(job).rung_at}"
        elif (
            job.state == JobRunState.RUNNING
            and job.claimed_by not in living
            and job.started_at
            and job.started_at < now - bound
        ):
            yield f"{seen.name(job)} is held by a worker that is dead"
        elif job.state == JobRunState.PENDING and not job.waiting_on:
            yield f"{seen.name(job)} waits for no one"
        elif job.state == JobRunState.WAITING and job.deadline_at and job.deadline_at < now - bound:
            yield f"{seen.name(job)} waits past its deadline"


def i4_the_history_tells_the_state(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        state = JobRunState.PENDING.value
        for move in seen.moves[job.pk]:
            if move.from_state != state:
                yield f"{seen.name(job)} was {state} and left {move.from_state}"
            if move.from_state not in {source.value for source in states.SOURCES[JobRunState(move.to_state)]}:
                yield f"{seen.name(job)} moved {move.from_state} -> {move.to_state}, which is no legal move"
            state = move.to_state
        if state != job.state:
            yield f"{seen.name(job)} is {job.state}, and its history says {state}"
    for run in seen.runs.values():
        told = [move.to_state for move in seen.run_moves[run.pk]] or [run.state if run.state == "PENDING" else "nothing"]
        if told[-1] != run.state:
            yield f"run {run.pk} is {run.state}, and its history says {told[-1]}"


def i5_a_run_ends_with_its_jobs(seen: Evidence) -> Iterator[str]:
    jobs: dict[int, list[JobRun]] = defaultdict(list)
    for job in seen.jobs:
        jobs[job.graph_run_id].append(job)
    for run in seen.runs.values():
        if run.expanded and len(jobs[run.pk]) != run.size:
            yield f"run {run.pk} has {len(jobs[run.pk])} jobs of {run.size}"
        open_jobs = [job.key for job in jobs[run.pk] if job.state not in FINISHED]
        if run.state in GRAPH_FINISHED and open_jobs:
            yield f"run {run.pk} is {run.state}, and {open_jobs[:3]} have not ended"
        if run.expanded and run.state not in GRAPH_FINISHED and not open_jobs:
            yield f"run {run.pk} is {run.state}, and all its jobs have ended"
        if run.state in GRAPH_FINISHED and not open_jobs:
            yield from _rolled_up(run, jobs[run.pk])
    latest = {run.project_id: run.state for run in sorted(seen.runs.values(), key=lambda run: run.pk)}
    for pk, state in Project.objects.filter(pk__in=latest).values_list("pk", "state"):
        if state != latest[pk]:
            yield f"project {pk} is {state}, and its latest run {latest[pk]}"


def _rolled_up(run: GraphRun, jobs: Sequence[JobRun]) -> Iterator[str]:
    ends = Counter(job.state for job in jobs)
    children = states.Children(unfinished=False, started=True, failed=ends["FAILED"] > 0, cancelled=ends["CANCELLED"] > 0)
    if run.state != states.graph_run_state(children):
        yield f"run {run.pk} is {run.state}, and its jobs ended {dict(ends)}"
    if (run.success_count, run.fail_count) != (ends["SUCCESS"], ends["FAILED"]):
        yield f"run {run.pk} counts {run.success_count} successes and {run.fail_count} failures of {dict(ends)}"


def i6_each_attempt_is_done_once(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        starts, ends = seen.told(job, "start"), seen.told(job, "end")
        claims = [move for move in seen.moves[job.pk] if move.to_state == JobRunState.RUNNING]
        if len(claims) != job.attempt:
            yield f"{seen.name(job)} is at attempt {job.attempt}, and was claimed {len(claims)} times"
        returns = sum(move.from_state in states.OWED and move.to_state == JobRunState.QUEUED for move in seen.moves[job.pk])
        if len(starts) > 1 + returns:
            yield f"{seen.name(job)} was done {len(starts)} times, and given back or retried {returns} times"
        twice = [attempt for attempt, count in Counter(s.attempt for s in starts if s.attempt).items() if count > 1]
        if twice:
            yield f"{seen.name(job)} did its attempt {twice[0]} twice"
        if job.state == JobRunState.SUCCESS and starts and not ends:
            yield f"{seen.name(job)} is SUCCESS, and never came to its end"
        if job.losses + job.failures > returns + (job.state in FINISHED):
            yield f"{seen.name(job)} counts {job.losses} losses and {job.failures} failures in {returns} returns"
    known = {(run.params.get("token"), job.key) for job in seen.jobs for run in [seen.run_of(job)]}
    for effect in seen.effects:
        if (effect.token, effect.key) not in known:
            yield f"{effect.key} with token {effect.token} was done, and no run has it"
            break


def i7_no_old_attempt_is_recorded(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        if job.state != JobRunState.SUCCESS or not any(effect.attempt for effect in seen.told(job, "start")):
            continue
        told = str((job.results or {}).get("result", "")).strip().splitlines()
        if told and told[-1].isdigit() and int(told[-1]) != job.attempt:
            yield f"{seen.name(job)} is at attempt {job.attempt}, and holds the result of attempt {told[-1]}"


def i9_nothing_starts_after_a_cancel(seen: Evidence) -> Iterator[str]:
    for job in seen.jobs:
        asked = seen.run_of(job).cancel_requested_at
        if asked is None:
            continue
        if any(move.to_state == JobRunState.RUNNING and move.at > asked for move in seen.moves[job.pk]):
            yield f"{seen.name(job)} was claimed after its run was cancelled"
        if any(start.at > asked.timestamp() + SLACK for start in seen.told(job, "start")):
            yield f"{seen.name(job)} was begun after its run was cancelled"


def i11_nothing_is_left_running(seen: Evidence) -> Iterator[str]:
    ended = {(seen.run_of(job).params.get("token"), job.key) for job in seen.jobs if job.state in FINISHED}
    for effect in seen.effects:
        if effect.what == "start" and effect.attempt and (effect.token, effect.key) in ended and _lives(effect):
            yield f"{effect.key} with token {effect.token} has ended, and its process {effect.pid} lives"


def _lives(effect: Effect) -> bool:
    try:
        process = psutil.Process(effect.pid)
        return process.create_time() <= effect.at + 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def i12_only_an_outage_is_a_server_error(seen: Evidence) -> Iterator[str]:
    for at, status in seen.answers:
        away = any(begin <= at <= end for begin, end in seen.outages)
        if status >= 500 and not (status == 503 and away):
            yield f"an answer was {status} while the database was {'away' if away else 'there'}"


def everything_has_ended(seen: Evidence) -> Iterator[str]:
    for run in seen.runs.values():
        if run.state not in GRAPH_FINISHED:
            yield f"run {run.pk} is {run.state}"


RULES: Sequence[Callable[[Evidence], Iterator[str]]] = (
    i1_nothing_starts_before_its_rule_holds,
    i2_an_end_is_final_and_single,
    i3_nothing_is_forgotten,
    i4_the_history_tells_the_state,
    i5_a_run_ends_with_its_jobs,
    i6_each_attempt_is_done_once,
    i7_no_old_attempt_is_recorded,
    i9_nothing_starts_after_a_cancel,
    i11_nothing_is_left_running,
    i12_only_an_outage_is_a_server_error,
    everything_has_ended,
)
