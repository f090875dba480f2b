"""What has to be told in a spec, and what goes together: a module for each kind of sentence. Pure."""

from __future__ import annotations

import itertools

from dags.specs.checking import long_running, naming, ordering, templates, work
from dags.specs.document import Spec
from dags.specs.faults import MAX_TOLD, Fault


def check(spec: Spec) -> list[Fault]:
    """Return everything that is wrong with a spec whose values are of their types."""
    parts = (naming, ordering, work, long_running, templates)
    return list(itertools.islice((fault for part in parts for fault in part.faults(spec)), MAX_TOLD))
