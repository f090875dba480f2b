"""Files say what jobs are: applied once or often they come to the same, and a job that is exported can be applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from dags.models import Graph, Project
from schedules.models import Schedule
from tests.cli.calling import done, refused
from tests.conftest import Service

NIGHTLY = """
name: Nightly
description: |
  Fetches, and
  loads.
tasks:
  - {name: Fetch, driver: shell, command: "true", timeout: 5}
  - {name: Load, driver: shell, command: "true", retry_delay: 0.5, after: [fetch]}
schedules:
  - {name: nightly, cron: 30 2 * * *, timezone: Europe/Berlin, params: {day: 1}}
---
name: Other
tasks: [{name: Wait, driver: offline}]
"""


def applied(text: str, *options: str) -> list[str]:
    """Apply a file; return what is told."""
    Path("jobs.yaml").write_text(text)
    return done("apply", "-f", "jobs.yaml", *options).lines


def test_a_file_is_applied_once(here: Service) -> None:
    assert applied(NIGHTLY) == ["`Nightly` created", "`Other` created"]
    before = list(Graph.objects.order_by("pk").values_list("pk", "revision"))
    assert applied(NIGHTLY) == ["`Nightly` unchanged", "`Other` unchanged"]
    assert list(Graph.objects.order_by("pk").values_list("pk", "revision")) == before


def test_what_is_exported_is_what_was_applied(here: Service) -> None:
    applied(NIGHTLY)
    written = done("export", "--all").out
    assert applied(written) == ["`Nightly` unchanged", "`Other` unchanged"]
    done("delete", "Nightly", "Other", "--yes")
    assert applied(written) == ["`Nightly` created", "`Other` created"]
    assert done("export", "--all").out == written


def test_only_what_differs_is_changed(here: Service) -> None:
    applied(NIGHTLY)
    kept = dict(Graph.objects.values_list("name", "revision"))
    tasks = list(Graph.objects.get(name="Nightly").tasks.order_by("pk").values_list("pk", flat=True))
    assert applied(NIGHTLY.replace("30 2", "45 3")) == ["`Nightly` updated", "`Other` unchanged"]
    assert Schedule.objects.get().cron == "45 3 * * *"
    assert dict(Graph.objects.values_list("name", "revision")) == kept
    assert applied(NIGHTLY.replace("timeout: 5", "timeout: 6")) == ["`Nightly` updated", "`Other` unchanged"]
    assert list(Graph.objects.get(name="Nightly").tasks.order_by("pk").values_list("pk", flat=True)) == tasks


def test_a_trial_changes_nothing_and_shows_the_difference(here: Service) -> None:
    assert "+name: Nightly" in applied(NIGHTLY, "--dry-run")
    assert not Graph.objects.exists()
    applied(NIGHTLY)
    told = applied(NIGHTLY.replace("30 2", "45 3"), "--dry-run")
    assert told[0] == "`Nightly` would be updated"
    assert [line for line in told if line.startswith(("+ ", "- "))] == ["-   cron: 30 2 * * *", "+   cron: 45 3 * * *"] or [
        line for line in told if "cron:" in line
    ] == ["-  cron: 30 2 * * *", "+  cron: 45 3 * * *"]
    assert Schedule.objects.get().cron == "30 2 * * *"


def test_a_task_that_is_taken_out_goes(here: Service) -> None:
    applied(NIGHTLY)
    applied("name: Nightly\ntasks: [{name: Load, driver: shell, command: 'true'}]")
    assert done("list", "--job", "Nightly").lines == ["Load"]
    assert Schedule.objects.count() == 1  # what the file does not name is left alone


def test_pruning_deletes_what_the_files_do_not_name(here: Service) -> None:
    applied(NIGHTLY)
    rest = "name: Nightly\ntasks: [{name: Load, driver: shell, command: 'true'}]"
    Path("jobs.yaml").write_text(rest)
    assert refused("apply", "-f", "jobs.yaml", "--prune") == "Nobody can be asked here: --yes says that it is meant."
    assert Graph.objects.count() == 2
    assert applied(rest, "--prune", "--dry-run")[-1:] != []
    assert Graph.objects.count() == 2
    assert applied(rest, "--prune", "--yes") == ["`Nightly` updated", "`Other` deleted"]
    assert [graph.name for graph in Graph.objects.all()] == ["Nightly"]
    assert not Schedule.objects.exists()


def test_a_project_is_made_where_there_is_none(here: Service) -> None:
    document = "name: A\nproject: elsewhere\ntasks: [{name: a, driver: offline}]"
    assert applied(document) == ["`project elsewhere` created", "`A` created"]
    assert applied(document) == ["`A` unchanged"]
    assert Graph.objects.get().project == Project.objects.get(name="elsewhere")


def test_changes_are_told_as_json(here: Service) -> None:
    Path("jobs.yaml").write_text(NIGHTLY)
    told = done("apply", "-f", "jobs.yaml", "--json").json
    assert [(one["job"], one["change"]) for one in told["changes"]] == [("Nightly", "create"), ("Other", "create")]


def test_a_file_is_read_from_stdin(here: Service) -> None:
    assert done("apply", "-f", "-", stdin=NIGHTLY).lines == ["`Nightly` created", "`Other` created"]


def test_a_file_that_is_wrong_changes_nothing(here: Service) -> None:
    Path("jobs.yaml").write_text(f"{NIGHTLY}---\nname: Third\ntask: []")
    refused("apply", "-f", "jobs.yaml")
    assert not Graph.objects.exists()


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("{name: other, cron: 61 0 * * *}", "`Second`: schedule 'other': cron: Bad minute '61'"),
        ("{name: other}", "`Second`: schedule 'other': cron: Give one of"),
        (
            "{name: nightly, cron: 0 0 * * *}",
            "`Second`: schedule 'nightly': another job's schedule in the project has this name",
        ),
    ],
)
def test_a_schedule_that_would_be_refused_leaves_nothing_half_done(here: Service, schedule: str, told: str) -> None:
    applied(NIGHTLY)
    new = "name: First\ntasks: [{name: a, driver: offline}]\n---\n"
    Path("jobs.yaml").write_text(f"{new}name: Second\ntasks: [{{name: a, driver: offline}}]\nschedules: [{schedule}]")
    assert refused("apply", "-f", "jobs.yaml").startswith(told)
    assert sorted(Graph.objects.values_list("name", flat=True)) == ["Nightly", "Other"]


def test_a_refusal_names_the_job(here: Service) -> None:
    Path("jobs.yaml").write_text("name: Second\ntasks: [{name: a, driver: python, command: nowhere.at.all}]")
    assert refused("apply", "-f", "jobs.yaml").startswith("`Second`: tasks[0].command: Unknown callable")
