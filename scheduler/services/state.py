"""What a supervisor writes down of its service, in a file that is there as a whole or not at all.

Of the standard library alone: the supervisor uses it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from scheduler.services.kin import Identity

FILE = "state"
LEASE = "lease"  # touched by whoever keeps the service; the supervisor looks at it
TOLD, ABANDONED = "told to", "abandoned"


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a service stands.

    `mark` is in the environment of every process of it, as NAME=VALUE. `exit_code` is known once all of it is gone; `error`
    says why it could not be started, for good where `permanent`; `stopped` says why the supervisor has ended it, if it did.
    """

    supervisor: Identity
    mark: str
    service: Identity | None = None
    exit_code: int | None = None
    error: str | None = None
    permanent: bool = True
    stopped: str | None = None

    @property
    def ended(self) -> bool:
        """Whether its end is written down."""
        return self.exit_code is not None or self.error is not None


def write(folder: Path, state: State) -> None:
    """Replace what is written; raise OSError where that cannot be, as where the folder is gone."""
    fresh = folder / f"{FILE}.new"
    with fresh.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)


def read(folder: Path) -> State | None:
    """Return what is written, None where nothing is yet."""
    try:
        fields = json.loads((folder / FILE).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in ("supervisor", "service"):
        fields[name] = fields[name] and Identity(*fields[name])
    return State(**fields)
