"""The auditor finds what is wrong: a clean history has no violation, and each planted one is caught by its rule."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from dags.models import Project
from runs.models import GraphRun, JobRun, Transition, Worker
from scheduler import engine
from tests.chaos import auditor
from tests.chaos.auditor import Evidence, audit
from tests.chaos.effects import Effect
from tests.engine.conftest import Bench, bench  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db


@dataclass
class Case:
    """A clean history of a chain a > b, the effects of its tasks, and answers over HTTP."""

    run: GraphRun
    effects: list[Effect]
    answers: list[tuple[float, int]] = field(default_factory=lambda: [(time.time(), 201)])
    outages: list[tuple[float, float]] = field(default_factory=list)

    def job(self, key: str) -> JobRun:
        return JobRun.objects.get(graph_run=self.run, key=key)

    def alter(self, key: str, **fields: object) -> None:
        JobRun.objects.filter(graph_run=self.run, key=key).update(**fields)

    def move(self, key: str, origin: str, to: str, attempt: int = 1, **fields: object) -> None:
        Transition.objects.create(
            graph_run=self.run,
            job_run=self.job(key),
            from_state=origin,
            to_state=to,
            attempt=attempt,
            cause="planted",
            **{"at": timezone.now(), **fields},
        )

    def do(self, what: str, key: str, attempt: int = 1, *, later: float = 0.0, pid: int = 2**22 + 1) -> None:
        self.effects.append(Effect(what=what, token=1, key=key, attempt=attempt, pid=pid, at=time.time() + later))

    def violations(self) -> list[str]:
        return audit(Evidence(effects=self.effects, answers=self.answers, outages=self.outages))


@pytest.fixture
def case(bench: Bench) -> Case:  # noqa: F811
    run = bench.launch(bench.graph("a b", "a>b"), params={"token": 1})
    bench.walk(run)
    case = Case(GraphRun.objects.get(pk=run.pk), [])
    for later, (what, key) in enumerate([("start", "a"), ("end", "a"), ("start", "b"), ("end", "b")]):
        case.do(what, key, later=later / 10)
    JobRun.objects.update(results={"result": "1\n"})
    return case


def test_a_clean_history_has_no_violation(case: Case) -> None:
    assert case.violations() == []


def test_a_cancelled_and_a_lost_history_have_none_either(bench: Bench) -> None:  # noqa: F811
    lost, cancelled = (bench.launch(bench.graph("a b", "a>b")) for _ in range(2))
    for _ in range(3):
        engine.give_back(lost.pk, {claim.id: claim.attempt for claim in bench.claim(lost)}, cause="test")
    engine.cancel([cancelled.pk], cause="test")
    assert audit(Evidence()) == []


def _start_before_the_parents_end(case: Case) -> None:
    first = Transition.objects.filter(job_run=case.job("a"), to_state="SUCCESS")
    end = first.get()
    first.delete()
    case.move("a", "RUNNING", "SUCCESS", at=end.at)


def _work_before_the_parents_work(case: Case) -> None:
    case.do("end", "a", later=60)


def _start_after_a_failed_parent(case: Case) -> None:
    Transition.objects.filter(job_run=case.job("a"), to_state="SUCCESS").update(to_state="FAILED")
    case.alter("a", state="FAILED")


def _two_ends(case: Case) -> None:
    case.move("b", "SUCCESS", "SUCCESS")


def _a_move_after_the_end(case: Case) -> None:
    case.move("b", "SUCCESS", "QUEUED")


def _an_attempt_claimed_twice(case: Case) -> None:
    case.move("b", "QUEUED", "RUNNING")


def _a_job_nobody_is_rung_for(case: Case) -> None:
    long_ago = Now() - timedelta(hours=1)
    case.alter("b", state="QUEUED", available_at=long_ago, completed_at=None)
    GraphRun.objects.update(rung_at=long_ago)


def _a_job_held_by_the_dead(case: Case) -> None:
    worker = Worker.objects.create(
        boot_id=uuid.uuid4(), hostname="gone", pid=1, slots=1, heartbeat_at=Now() - timedelta(hours=1)
    )
    long_ago = Now() - timedelta(hours=1)
    case.alter("b", state="RUNNING", started_at=long_ago, claimed_by=worker.boot_id, completed_at=None)


def _a_job_that_waits_for_no_one(case: Case) -> None:
    case.alter("b", state="PENDING", completed_at=None, waiting_on=0)


def _a_wait_past_its_deadline(case: Case) -> None:
    case.alter("b", state="WAITING", completed_at=None, deadline_at=Now() - timedelta(hours=1))


def _a_state_without_a_move(case: Case) -> None:
    case.alter("b", state="FAILED")


def _an_illegal_move(case: Case) -> None:
    Transition.objects.filter(job_run=case.job("b"), to_state="QUEUED").delete()
    Transition.objects.filter(job_run=case.job("b"), to_state="RUNNING").update(from_state="PENDING")


def _a_gap_in_the_history(case: Case) -> None:
    Transition.objects.filter(job_run=case.job("b"), to_state="RUNNING").delete()


def _a_run_ended_before_its_jobs(case: Case) -> None:
    case.alter("b", state="RUNNING", completed_at=None)


def _a_run_left_open(case: Case) -> None:
    GraphRun.objects.update(state="RUNNING", completed_at=None)


def _a_lost_job(case: Case) -> None:
    case.job("b").delete()


def _wrong_counts(case: Case) -> None:
    GraphRun.objects.update(success_count=1)


def _a_project_out_of_date(case: Case) -> None:
    Project.objects.update(state="RUNNING")


def _the_same_attempt_done_twice(case: Case) -> None:
    case.do("start", "b")


def _more_starts_than_returns(case: Case) -> None:
    case.do("start", "b", attempt=2)


def _a_success_that_never_came_to_its_end(case: Case) -> None:
    case.effects[:] = [effect for effect in case.effects if (effect.what, effect.key) != ("end", "b")]


def _a_loss_that_never_happened(case: Case) -> None:
    case.alter("b", losses=2)


def _work_of_no_run(case: Case) -> None:
    case.do("start", "c")


def _the_result_of_an_old_attempt(case: Case) -> None:
    case.alter("b", results={"result": "7\n"})


def _a_claim_after_a_cancel(case: Case) -> None:
    GraphRun.objects.update(cancel_requested_at=Now() - timedelta(minutes=1))


def _work_begun_after_a_cancel(case: Case) -> None:
    GraphRun.objects.update(cancel_requested_at=Now())
    case.do("start", "b", later=60)


def _a_process_left_behind(case: Case) -> None:
    case.do("start", "b", pid=os.getpid())


def _a_server_error(case: Case) -> None:
    case.answers.append((time.time(), 500))


def _unavailable_without_an_outage(case: Case) -> None:
    case.outages.append((time.time() - 60, time.time() - 30))
    case.answers.append((time.time(), 503))


def _a_server_error_in_an_outage(case: Case) -> None:
    case.outages.append((time.time() - 60, time.time() + 60))
    case.answers += [(time.time(), 503), (time.time(), 500)]


PLANTED: list[tuple[Callable[[Case], None], Callable[..., object]]] = [
    (_start_before_the_parents_end, auditor.i1_nothing_starts_before_its_rule_holds),
    (_work_before_the_parents_work, auditor.i1_nothing_starts_before_its_rule_holds),
    (_start_after_a_failed_parent, auditor.i1_nothing_starts_before_its_rule_holds),
    (_two_ends, auditor.i2_an_end_is_final_and_single),
    (_a_move_after_the_end, auditor.i2_an_end_is_final_and_single),
    (_an_attempt_claimed_twice, auditor.i2_an_end_is_final_and_single),
    (_a_job_nobody_is_rung_for, auditor.i3_nothing_is_forgotten),
    (_a_job_held_by_the_dead, auditor.i3_nothing_is_forgotten),
    (_a_job_that_waits_for_no_one, auditor.i3_nothing_is_forgotten),
    (_a_wait_past_its_deadline, auditor.i3_nothing_is_forgotten),
    (_a_state_without_a_move, auditor.i4_the_history_tells_the_state),
    (_an_illegal_move, auditor.i4_the_history_tells_the_state),
    (_a_gap_in_the_history, auditor.i4_the_history_tells_the_state),
    (_a_run_ended_before_its_jobs, auditor.i5_a_run_ends_with_its_jobs),
    (_a_run_left_open, auditor.i5_a_run_ends_with_its_jobs),
    (_a_run_left_open, auditor.everything_has_ended),
    (_a_lost_job, auditor.i5_a_run_ends_with_its_jobs),
    (_wrong_counts, auditor.i5_a_run_ends_with_its_jobs),
    (_a_project_out_of_date, auditor.i5_a_run_ends_with_its_jobs),
    (_the_same_attempt_done_twice, auditor.i6_each_attempt_is_done_once),
    (_more_starts_than_returns, auditor.i6_each_attempt_is_done_once),
    (_a_success_that_never_came_to_its_end, auditor.i6_each_attempt_is_done_once),
    (_a_loss_that_never_happened, auditor.i6_each_attempt_is_done_once),
    (_work_of_no_run, auditor.i6_each_attempt_is_done_once),
    (_the_result_of_an_old_attempt, auditor.i7_no_old_attempt_is_recorded),
    (_a_claim_after_a_cancel, auditor.i9_nothing_starts_after_a_cancel),
    (_work_begun_after_a_cancel, auditor.i9_nothing_starts_after_a_cancel),
    (_a_process_left_behind, auditor.i11_nothing_is_left_running),
    (_a_server_error, auditor.i12_only_an_outage_is_a_server_error),
    (_unavailable_without_an_outage, auditor.i12_only_an_outage_is_a_server_error),
    (_a_server_error_in_an_outage, auditor.i12_only_an_outage_is_a_server_error),
]


@pytest.mark.parametrize(("plant", "rule"), PLANTED, ids=lambda value: value.__name__.strip("_"))
def test_a_planted_violation_is_caught(case: Case, plant: Callable[[Case], None], rule: Callable[..., object]) -> None:
    plant(case)
    assert any(violation.startswith(f"{rule.__name__}:") for violation in case.violations())


def test_every_rule_is_shown_to_catch_something() -> None:
    assert {rule for _, rule in PLANTED} == set(auditor.RULES)
