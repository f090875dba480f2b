"""Where each task of a run stands, moved by the ends of tasks. Pure: no thread, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from celeriac.local import rules
from celeriac.local.rules import CANCELLED, ENDED, FAILED, PENDING, QUEUED, SKIPPED


@dataclass(slots=True)
class _Place:
    """A task: its counters, and its fate; for none_failed a parent skipped because of a failure counts as failed."""

    waiting_on: int
    met: int = 0
    failed: int = 0
    state: str = PENDING
    reason: str | None = None


class Board:
    """The tasks of a run by number, each behind those it waits for; `ready` are those that are QUEUED."""

    def __init__(
        self, keys: Sequence[str], trigger_rules: Sequence[str], edges: Iterable[tuple[int, int, str]], on_failure: str = "skip"
    ) -> None:
        """Begin: what waits for nothing is QUEUED."""
        self._keys, self._rules = keys, trigger_rules
        self._tolerant, self._stops = on_failure == "continue", on_failure == "stop"
        self._children: list[list[tuple[int, str]]] = [[] for _ in keys]
        self._parents = [0] * len(keys)
        for start, end, condition in edges:
            self._children[start].append((end, condition))
            self._parents[end] += 1
        for children in self._children:
            children.sort()
        self.places = [_Place(count) for count in self._parents]
        self.ready: set[int] = set()
        self._left = len(keys)
        self._has_failed = False
        for node, count in enumerate(self._parents):
            if not count:
                self._enter(node, QUEUED)

    @property
    def unfinished(self) -> bool:
        """Tell whether something has not ended."""
        return self._left > 0

    @property
    def stopped(self) -> bool:
        """Tell whether nothing more is to be tried, because something failed in a job that stops then."""
        return self._stops and self._has_failed

    def moves(self, node: int, state: str, reason: str | None = None) -> None:
        """Move a task that has not ended: to RUNNING, back to QUEUED, or to its end, with all that follows from it."""
        self._enter(node, state, reason)
        if state == FAILED:
            self._has_failed = True
            if self._stops:
                self._stop(node)
        if state in ENDED:
            self._spread([node])

    def cancel(self) -> None:
        """End everything that has not ended."""
        for node, place in enumerate(self.places):
            if place.state not in ENDED:
                self._enter(node, CANCELLED, "cancelled")

    def _stop(self, culprit: int) -> None:
        """Skip what has not started, but what always runs."""
        skipped = []
        for node, place in enumerate(self.places):
            if place.state in {PENDING, QUEUED} and self._rules[node] != "always":
                self._enter(node, SKIPPED, f"stopped: {self._keys[culprit]} failed")
                skipped.append(node)
        self._spread(skipped)

    def _spread(self, ended: Iterable[int]) -> None:
        """Spread ends to children, and the skips that follow; `broken` tells those that follow from a failure."""
        to_spread = deque((node, self.places[node].state == FAILED) for node in ended)
        while to_spread:
            node, broken = to_spread.popleft()
            end = self.places[node].state
            for child, condition in self._children[node]:
                place = self.places[child]
                if place.state != PENDING:
                    continue
                place.waiting_on -= 1
                place.met += rules.is_met(condition, end, tolerant=self._tolerant)
                place.failed += end == FAILED or (broken and self._rules[child] == "none_failed")
                state = self._decided(child)
                if state == SKIPPED:
                    self._enter(child, SKIPPED, rules.why_skipped(self._rules[child], self._keys[node], end, condition))
                    to_spread.append((child, broken or place.failed > 0))
                elif state == QUEUED:
                    self._enter(child, QUEUED)

    def _enter(self, node: int, state: str, reason: str | None = None) -> None:
        place = self.places[node]
        place.state, place.reason = state, reason
        self._left -= state in ENDED
        (self.ready.add if state == QUEUED else self.ready.discard)(node)

    def _decided(self, node: int) -> str:
        place = self.places[node]
        return rules.decided(
            self._rules[node],
            parents=self._parents[node],
            waiting_on=place.waiting_on,
            met=place.met,
            failed=place.failed,
            tolerant=self._tolerant,
        )
