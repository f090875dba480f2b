"""Jobs listed, shown, deleted: exactly those that are meant, and all of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from celeriac.cli.completing import job_names
from dags import services
from dags.models import Graph, Project, Task
from runs.models import GraphRun
from scheduler import launching
from schedules.models import Schedule
from tests.cli.calling import call, done, refused
from tests.cli.conftest import script
from tests.conftest import Service
from tests.factories import project as make_project

JOBS, TASKS = 200, 60


def chain(name: str, project: Project, size: int = 3) -> dict[str, object]:
    """Return a graph of tasks in a row, as a client sends it."""
    keys = [f"task_{number}" for number in range(1, size + 1)]
    tasks = [{"name": key.title(), "key": key, "driver": "shell", "command": "true"} for key in keys]
    edges = [{"task_from": start, "task_to": end} for start, end in itertools.pairwise(keys)]
    return {"name": name, "project": project, "tasks": tasks, "edges": edges}


def made(*names: str, size: int = 3) -> list[Graph]:
    """Make jobs in a project of their own."""
    project = make_project()
    return services.create_graphs([chain(name, project, size) for name in names])


def test_no_jobs(here: Service) -> None:
    assert done("list").lines == ["No jobs found"]
    assert done("list", "--json").json == []


def test_jobs_are_listed_with_their_times(here: Service) -> None:
    made("Unscheduled", "Other")
    done("submit", script(Path.cwd()), "--cron", "30 2 * * *", "--timezone", "Europe/Berlin")
    assert done("list").lines == ["Other", "TestJob  30 2 * * * (Europe/Berlin)", "Unscheduled"]
    assert done("list", "--json").json[1]["schedules"][0]["cron"] == "30 2 * * *"


def test_the_tasks_of_a_job_are_listed(here: Service) -> None:
    made("TestJob")
    assert done("list", "--job", "TestJob").lines == ["Task_1", "Task_2", "Task_3"]
    assert [task["key"] for task in done("list", "--job", "TestJob", "--json").json] == ["task_1", "task_2", "task_3"]


def test_two_hundred_jobs_of_sixty_tasks_are_listed_logged_and_deleted_completely(here: Service) -> None:
    names = [f"Job {number:03}" for number in range(JOBS)]
    graphs = made(*names, size=TASKS)
    assert done("list").lines == names
    assert len(done("list", "--job", names[-1]).lines) == TASKS
    launching.launch([launching.Launch(graph=graph) for graph in graphs[:3]])
    logged = done("log", names[0], "--style", "tree").lines
    assert len(logged) == TASKS + 3  # the title, the run, the end
    assert "`Task_60`" in logged[-2]
    assert len(done("delete", *names, "--yes").lines) == JOBS
    assert not Graph.objects.exists()
    assert not Task.objects.exists()


def test_a_job_is_deleted_by_its_exact_name(here: Service) -> None:
    made("TestJob", "TestJob2", "testjob", "TestJo")
    done("submit", script(Path.cwd(), "TestJob3"), "--cron", "0 0 * * *")
    done("delete", "TestJob", "--yes")
    done("delete", "TestJob3", "--yes")
    assert sorted(Graph.objects.values_list("name", flat=True)) == ["TestJo", "TestJob2", "testjob"]
    assert not Schedule.objects.exists()


def test_nothing_is_deleted_where_one_name_is_not_there(here: Service) -> None:
    made("TestJob")
    assert refused("delete", "TestJob", "Test", "--yes") == "There is no job named `Test`."
    assert Graph.objects.count() == 1


def test_nothing_is_deleted_unasked(here: Service) -> None:
    made("TestJob")
    assert refused("delete", "TestJob") == "Nobody can be asked here: --yes says that it is meant."
    assert Graph.objects.count() == 1


def test_of_jobs_with_one_name_each_can_be_meant(here: Service) -> None:
    first, second = (made("TestJob")[0] for _ in range(2))
    told = refused("delete", "TestJob", "--yes")
    assert told.startswith("2 jobs are named `TestJob`: say id:")
    done("delete", f"id:{first.pk}", "--yes")
    done("delete", "TestJob", "--project", second.project_id, "--yes")
    assert not Graph.objects.exists()


def test_runs_are_deleted_where_that_is_wanted(here: Service) -> None:
    done("run", script(Path.cwd()))
    done("delete", "TestJob", "--yes", "--runs")
    assert not GraphRun.objects.exists()


def test_runs_stay_otherwise(here: Service) -> None:
    done("run", script(Path.cwd()))
    number = GraphRun.objects.get().pk
    done("delete", "TestJob", "--yes")
    assert done("status", "--run", number, "--json").json["name"] == "TestJob"


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--job"],
        ["log"],
        ["log", "--follow"],
        ["status"],
        ["cancel"],
        ["rerun"],
        ["graph"],
        ["export"],
        ["delete", "--yes"],
    ],
    ids=" ".join,
)
def test_a_job_that_is_not_there_is_told_in_one_line(here: Service, arguments: list[str]) -> None:
    made("TestJob2")
    assert refused(*arguments, "TestJob") == "There is no job named `TestJob`."


def test_a_job_that_never_ran(here: Service) -> None:
    made("TestJob")
    assert done("log", "TestJob").lines == ["No logs for job `TestJob`"]
    assert refused("status", "TestJob") == refused("rerun", "TestJob") == "`TestJob` has never run."
    assert refused("cancel", "TestJob") == "`TestJob` does not run now."


def test_names_of_others_steer_no_terminal(here: Service) -> None:
    made("\x9b2J \u202eevil")
    assert call("list").out == "\ufffd2J \ufffdevil\n"


def test_names_complete_in_the_shell(here: Service) -> None:
    made("TestJob", "TestJob2", "Other")
    assert job_names("Test") == ["TestJob", "TestJob2"]
