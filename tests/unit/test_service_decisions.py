"""What is done about a service, and what its end means."""

import pytest

from runs.states import JobRunState
from scheduler.services import ends
from scheduler.services.keeping import Act, decide
from scheduler.services.kin import Identity
from scheduler.services.state import ABANDONED, TOLD, State

SOMEBODY = Identity(1, 1, "boot")


def state(**fields):
    return State(supervisor=SOMEBODY, mark="A=1", **fields)


@pytest.mark.parametrize(
    ("lives", "owed", "act"),
    [
        (True, "RUNNING", Act.KEEP),
        (True, "WAITING", Act.KEEP),
        (True, None, Act.END),
        (False, "WAITING", Act.SETTLE),
        (False, "RUNNING", Act.LEAVE),
        (False, None, Act.CLEAR),
    ],
)
def test_what_is_owed_is_kept_and_nothing_else(lives, owed, act):
    assert decide(lives=lives, owed=owed) is act


@pytest.mark.parametrize(
    ("found", "error", "facts"),
    [
        (state(exit_code=3), "the service ended with exit code 3", {"exit_code": 3}),
        (state(exit_code=0), "the service ended with exit code 0", {"exit_code": 0}),
        (state(exit_code=-9), "the service ended with exit code -9", {"exit_code": -9, "signal": "SIGKILL"}),
        (state(exit_code=-15, stopped=TOLD), "the service was stopped from outside", {"exit_code": -15, "signal": "SIGTERM"}),
        (
            state(exit_code=0, stopped=ABANDONED),
            "the service was stopped: its node had no worker for too long",
            {"exit_code": 0},
        ),
        (state(), "the service's supervisor was killed, and the service with it", {}),
        (None, "the service's supervisor was killed, and the service with it", {}),
    ],
)
def test_an_end_that_no_stopper_brought_is_a_failure_for_good(found, error, facts):
    end = ends.outcome(found, stopper=None)
    assert end.state == JobRunState.FAILED
    assert end.permanent
    assert end.errors == {"error": error, **facts}


def test_the_end_that_its_stopper_brought_is_a_success():
    end = ends.outcome(state(exit_code=-15, stopped=TOLD), stopper="stop_server", last_words="bye")
    assert (end.state, end.reason) == (JobRunState.SUCCESS, "stopped")
    assert end.results == {"result": {"stopped_by": "stop_server", "exit_code": -15}}


def test_an_end_of_its_own_stays_one_though_its_stopper_came_a_moment_later():
    assert ends.outcome(state(exit_code=3), stopper="stop_server").errors["error"] == "the service ended with exit code 3"


def test_one_that_its_stopper_had_to_kill_with_its_supervisor_is_stopped_all_the_same():
    assert ends.outcome(state(), stopper="stop_server").results == {"result": {"stopped_by": "stop_server", "exit_code": None}}


def test_last_words_are_told_with_a_failure():
    assert ends.outcome(state(exit_code=1), stopper=None, last_words="no disk").errors["output"] == "no disk"
