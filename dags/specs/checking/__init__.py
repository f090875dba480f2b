"""What has to be told in a spec, and what goes together: a module for each kind of sentence. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Set

from dags.specs.checking import driving, long_running, naming, ordering, templates, work
from dags.specs.document import Spec
from dags.specs.faults import MAX_TOLD, Fault, Place


def check(spec: Spec, unreadable: Set[Place]) -> list[Fault]:
    """Return everything that is wrong with a spec; of what could not be read nothing more is said: it may be right."""
    parts = (naming, ordering, work, long_running, templates)
    found = (fault for part in parts for fault in part.faults(spec))
    wrong = list(itertools.islice((fault for fault in found if not _within(fault.place, unreadable)), MAX_TOLD))
    return wrong + list(driving.faults(spec, unreadable | {fault.place for fault in wrong}))


def _within(place: Place, others: Set[Place]) -> bool:
    return any(place[:end] in others for end in range(len(place) + 1))
