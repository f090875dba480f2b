"""Master schedules by name: the one that comes along, and those of a folder. A name is looked for among the files, never joined
to a path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from schedules.policies.basic.master import Master, parse
from schedules.policies.errors import Unplannable

SHIPPED = Path(__file__).parent / "master_schedules"
ENDING = ".txt"


def names(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the files of folders by name, without their ending; the first folder that has a name comes first."""
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]
    found: dict[str, Path] = {}
    for file in files:
        if file.suffix == ENDING and file.is_file():
            found.setdefault(file.stem, file)
    return found


def read(name: str, folders: Iterable[Path]) -> Master:
    """Return a master schedule; raise `Unplannable` for one that is not there or is malformed, naming its lines."""
    known = names(folders)
    if name not in known:
        raise Unplannable(f"Unknown master schedule {name!r}, known are {', '.join(sorted(known))}.")
    try:
        return parse(known[name].read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Unplannable(f"Master schedule {name!r} is no text in UTF-8.") from None
    except Unplannable as fault:
        raise Unplannable(f"Master schedule {name!r}: {fault.message}") from None
