"""What the last import saw and made, and whether its table still stands for it.

An import remembers the table that it made. A crash between the table's commit and the remembering, another import at the same
time, a table that was dropped or replaced: each leaves a table that is not the one remembered, and the import is done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from jobs import warehouse
from jobs.models import Sheet, Upload
from jobs.running import Running

Importing = Sheet | Upload

# A change of one of these is a change of what the table holds.
_SETTINGS = [
    *("project_id", "table", "source", "digest"),
    *("format", "tab", "cell_range", "delimiter", "encoding", "has_header", "max_bad_rows"),
]


def stands(job: Importing, running: Running) -> bool:
    """Tell whether the table is the one that the last import made, of the settings that the job has now.

    False when the run's param `force` asks for an import in any case.
    """
    if running.params.get("force") or not job.seen or job.seen.get("settings") != _settings(job):
        return False
    found = next((table.made for table in warehouse.tables(job.project_id) if table.name == job.table), None)
    return found is not None and found == job.seen.get("made")


def remember(job: Importing, *, made: int, **facts: Any) -> None:
    """Keep what was seen, and the table that was made of it, for the next time."""
    _write(job, {**facts, "made": made, "settings": _settings(job)})


def remember_besides(job: Importing, **facts: Any) -> None:
    """Keep what the source says of the same content now."""
    _write(job, {**job.seen, **facts})


def _write(job: Importing, seen: Mapping[str, Any]) -> None:
    job.seen = dict(seen)
    type(job)._default_manager.filter(pk=job.pk).update(seen=job.seen)


def _settings(job: Importing) -> str:
    values = {name: getattr(job, name) for name in _SETTINGS if hasattr(job, name)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
