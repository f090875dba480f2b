"""From a document to a spec that can be planned: everything that is wrong with it is told at once. Pure."""

from __future__ import annotations

from typing import Any

from dags.specs import checking, reading
from dags.specs.document import Spec
from dags.specs.faults import refusal


def parse(document: Any) -> Spec:
    """Return the spec that a document, read into plain values, stands for; raise `InvalidSpec` with all of its faults."""
    spec, unreadable = reading.read(document)
    places = {fault.place for fault in unreadable}
    if () in places:
        raise refusal(unreadable, document)
    wrong = checking.check(spec, places)
    if unreadable or wrong:
        raise refusal([*unreadable, *wrong], document)
    return spec
