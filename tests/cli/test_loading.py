"""A file is read for its job; what is wrong with it is told in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from celeriac.cli import loading
from tests.cli.calling import call, refused
from tests.cli.conftest import script

JOB = 'from celeriac import Job, Task\njob = Job("A")\njob.add_task(Task("t", "true"))\n'


def written(text: str, name: str = "jobs.py") -> Path:
    """Write a file here; return it."""
    file = Path(name)
    file.write_text(text)
    return file


def notebook(*cells: Sequence[str]) -> Path:
    """Write a notebook of code cells; return it."""
    empty: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    told = [{**empty, "source": cell} for cell in cells]
    return written(json.dumps({"cells": told, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "jobs.ipynb")


def test_a_script_is_read_without_running_its_job(tmp_path: Path) -> None:
    assert loading.job(script(tmp_path)).name == "TestJob"


def test_what_stands_behind_the_main_guard_counts() -> None:
    file = written(
        "from celeriac import Job\nif __name__ == '__main__':\n    job = Job('guarded')\n    job.submit('* * * * *')\n"
    )
    assert loading.job(file).name == "guarded"


def test_a_script_finds_its_neighbours(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "neighbour_of_a_job.py").write_text("NAME = 'beside'\n")
    (folder / "job.py").write_text("from celeriac import Job\nfrom neighbour_of_a_job import NAME\nJob(NAME)\n")
    assert loading.job(folder / "job.py").name == "beside"


def test_a_script_that_leaves_with_success_is_read() -> None:
    assert loading.job(written(JOB + "import sys\nsys.exit(0)\n")).name == "A"


def test_a_notebook_is_read_cell_by_cell() -> None:
    cells = [
        "%matplotlib inline\n!pip install celeriac\nfrom celeriac import Job\n",
        ["name = 'B'\n", "job = Job(name)"],
        "%%bash\nls",
    ]
    assert loading.job(notebook(*cells)).name == "B"


def test_of_several_jobs_one_is_named() -> None:
    assert loading.job(written(JOB + 'Job("B")\n'), "B").name == "B"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\n", "jobs.py defines no job: it has to make a Job and add tasks to it."),
        (JOB + 'Job("B")\n', "jobs.py defines 2 jobs (`A`, `B`): --name says which, where their names differ."),
        (JOB + "\n1 / 0\n", "jobs.py, line 5: ZeroDivisionError: division by zero"),
        (JOB + "def broken(:\n", "jobs.py, line 4: SyntaxError: invalid syntax"),
        (JOB + "import sys\nsys.exit(3)\n", "jobs.py ends itself with 3 before its job can be run."),
        ("from celeriac import Job\nJob('')\n", "jobs.py, line 2: A job needs a name."),
        ("import there_is_no_such_module\n", "jobs.py, line 1: ModuleNotFoundError: No module named 'there_is_no_such_module'"),
    ],
    ids=["no job", "two jobs", "raises", "no Python", "leaves", "no name", "no module"],
)
@pytest.mark.parametrize("command", [["run"], ["submit", "--cron", "* * * * *"], ["graph"]], ids=lambda command: command[0])
def test_a_file_that_is_wrong_is_told_in_one_line(command: list[str], text: str, line: str) -> None:
    assert refused(command[0], written(text), *command[1:]) == line


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("nowhere.py", "There is no file nowhere.py."),
        ("job.txt", "job.txt is neither a Python script (.py) nor a notebook (.ipynb)."),
        ("job.yaml", "job.yaml is no script: `celeriac apply -f job.yaml` makes its jobs known, and schedules launch them."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(file: str, line: str) -> None:
    assert refused("run", file) == line


def test_an_error_in_a_notebook_is_told_with_its_cell() -> None:
    assert refused("run", notebook("x = 1", "x / 0")) == "jobs.ipynb[cell 2], line 1: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_told_in_one_line(text: str) -> None:
    assert refused("run", written(text, "jobs.ipynb")) == "jobs.ipynb is no notebook."


def test_a_job_of_another_name_is_not_run() -> None:
    assert refused("submit", written(JOB), "--cron", "* * * * *", "--name", "B") == "jobs.py defines no job named `B`, but `A`."


def test_debug_shows_where_it_went_wrong() -> None:
    said = call("run", written(JOB + "\n1 / 0\n"), "--debug")
    assert said.code == 2
    assert said.err.startswith("Traceback ")
    assert "\nZeroDivisionError: division by zero\n" in said.err
    assert said.err.endswith("Error: jobs.py, line 5: ZeroDivisionError: division by zero\n")


def test_a_script_may_use_what_its_run_comes_to() -> None:
    uses = "run = job.run()\nprint(f'{run.state:>8}', run.results['t'], run.task('t')['state'])\nfor row in run.rows: 1 / 0\n"
    leaves = "import sys\nif not run.succeeded: raise RuntimeError\nsys.exit(run.exit_code)\n"
    assert loading.job(written(JOB + uses + leaves)).name == "A"
