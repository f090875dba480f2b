"""The states are told three times and agree: the enum, the database, the picture."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from runs import states
from runs.states import Children, GraphRunState, JobRunState, graph_run_state

PICTURES = re.findall(r"```mermaid\n(.*?)```", (settings.BASE_DIR / "docs" / "state-machine.md").read_text(), re.DOTALL)


def drawn(picture: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^\s*(\w+) --> (\w+)", picture, re.MULTILINE))


@pytest.mark.parametrize(
    ("picture", "sources"), [(PICTURES[0], states.SOURCES), (PICTURES[1], states.GRAPH_SOURCES)], ids=["job run", "graph run"]
)
def test_the_picture_shows_the_legal_moves_and_no_other(picture: str, sources: dict) -> None:
    assert drawn(picture) == {(start.value, end.value) for end, starts in sources.items() for start in starts}


def test_every_state_has_a_number_of_the_seed() -> None:
    assert set(states.NUMBERS) == set(JobRunState)


def test_finished_states_are_final() -> None:
    assert not {start for starts in states.SOURCES.values() for start in starts} & set(states.FINISHED)
    assert set(states.FINISHED) | set(states.UNFINISHED) == set(JobRunState)


@given(st.builds(Children, unfinished=st.booleans(), started=st.booleans(), failed=st.booleans(), cancelled=st.booleans()))
def test_a_run_has_ended_exactly_when_its_children_have(children: Children) -> None:
    assert (graph_run_state(children) in states.GRAPH_FINISHED) == (not children.unfinished)


def test_a_cancel_outweighs_a_failure() -> None:
    assert graph_run_state(Children(unfinished=False, started=True, failed=True, cancelled=True)) == GraphRunState.CANCELLED
