"""The job that a file defines: a Python script or a notebook is read, and what it would run or submit is not."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from celeriac import collecting
from celeriac.cli import notebooks
from celeriac.cli.refusals import Refused
from celeriac.errors import CeleriacError
from celeriac.job import Job

READERS: dict[str, Callable[[Path], object]] = {
    ".py": lambda file: runpy.run_path(str(file), run_name="__main__"),
    ".ipynb": notebooks.run,
}
DECLARED = {".yaml", ".yml", ".json"}


def job(file: Path, name: str | None = None) -> Job:
    """Return the one job that a file defines, or the one with this name; refuse a file that has none, or several."""
    defined = _defined(file)
    found = [one for one in defined if name is None or one.name == name]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"`{one.name}`" for one in defined)
    if not defined:
        raise Refused(f"{file} defines no job: it has to make a Job and add tasks to it.")
    if not found:
        raise Refused(f"{file} defines no job named `{name}`, but {names}.")
    raise Refused(f"{file} defines {len(found)} jobs ({names}): --name says which, where their names differ.")


def _defined(file: Path) -> list[Job]:
    """Return the jobs that a file makes; what it prints goes to stderr, for stdout is ours."""
    reader = READERS.get(file.suffix)
    if file.suffix in DECLARED:
        raise Refused(f"{file} is no script: `celeriac apply -f {file}` makes its jobs known, and schedules launch them.")
    if reader is None:
        raise Refused(f"{file} is neither a Python script (.py) nor a notebook (.ipynb).")
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    with collecting.collecting() as jobs, redirect_stdout(sys.stderr), _as_script(file):
        try:
            reader(file)
        except SystemExit as leaving:
            if leaving.code not in {None, 0, collecting.NOTHING}:
                raise Refused(f"{file} ends itself with {leaving.code!r} before its job can be run.") from leaving
        except Refused:
            raise
        except CeleriacError as error:
            raise Refused(f"{_place(file, error)}: {error}") from error
        except Exception as error:
            told = " ".join(traceback.format_exception_only(error)[-1].split())
            raise Refused(f"{_place(file, error)}: {told}") from error
    return jobs


@contextmanager
def _as_script(file: Path) -> Iterator[None]:
    """Have the file find its neighbours and its arguments as if Python had been called with it."""
    path, arguments = sys.path.copy(), sys.argv
    sys.path.insert(0, str(file.resolve().parent))
    sys.argv = [str(file)]
    try:
        yield
    finally:
        sys.path[:], sys.argv = path, arguments


def _place(file: Path, error: BaseException) -> str:
    """Return the file and the line in it where an error came from."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}, line {error.lineno}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(file))]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(file)
