"""Jobs through a real service with a real worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from celeriac import AsyncClient, Client, Job, NameTaken, RunFailed, Task
from celeriac.client import ApiError, Conflict, NotFound, Unauthorized
from celeriac.errors import InvalidTask, JobError
from celeriac.saving import save
from tests.conftest import Service

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = """
from celeriac.pydag import GoCronTask
from celeriac.pydag import GoCronJob
from celeriac.pydag import PyGoCron

# step1 : define a job(workflow)
tm = PyGoCron()
job = GoCronJob(name="TestJob", task_manager=tm)


# step2: define tasks
task1 = GoCronTask(name="Sync Data", command="sleep 0.1")
task2 = GoCronTask(name="Feature Engineering1", command="{middle}")
task3 = GoCronTask(name="Feature Engineering2", command="{beside}")
task4 = GoCronTask(name="Machine Learning", command="sleep 0.1")
task5 = GoCronTask(name="Send Email", command="sleep 0.1")

# step 3: define relationships between tasks
task1.set_downstream(task2)
task1.set_downstream(task3)
task2.set_downstream(task4)
task3.set_downstream(task4)
task4.set_downstream(task5)

# step 4:
job.add_task(task1, task2, task3, task4, task5)
print(job)
job.run()
"""


def example(middle: str, beside: str = "true") -> str:
    """Return the seed's script with these commands in the middle, side by side."""
    return EXAMPLE.replace("{middle}", middle).replace("{beside}", beside)


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.url, service.token) as client:
        yield client


def job(client: Client, name: str = "Test job", command: str = "echo one", **options: object) -> Job:
    made = Job(name, client=client, **options)  # type: ignore[arg-type]
    a, b = Task("First", command), Task("Second", "echo two", retries=1, configs={"env": {"X": "{{ results.first }}"}})
    a >> b
    made.add_task(a, b)
    return made


def script(service: Service, folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "example.py").write_text(text)
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CELERIAC_URL": service.url,
        "CELERIAC_TOKEN": service.token,
        **environment,
    }
    command = [sys.executable, "example.py"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_a_job_runs_and_tells_how_it_went(client: Client) -> None:
    run = job(client).run()
    assert (run.state, run.exit_code, run.results) == ("SUCCESS", 0, {"first": "one\n", "second": "two\n"})
    assert run.log("First") == "one\n"
    assert run.id > 0


def test_running_a_script_again_makes_no_second_graph(client: Client) -> None:
    for _ in range(2):
        job(client, description="the same").run(wait=False)
    assert len(list(client.graphs.list(name="Test job"))) == 1
    assert len(list(client.executions.list(search="Test job"))) == 2


def test_a_name_that_another_job_has_is_refused_unless_it_is_replaced(client: Client) -> None:
    first = save(client, job(client))
    with pytest.raises(NameTaken, match="another job named 'Test job'"):
        job(client, command="echo other").run()
    assert job(client, name="Test jobs").save()["name"] == "Test jobs"  # a longer name is another name
    second = job(client, command="echo other", replace=True).save()
    assert second["graph_id"] == first["graph_id"]
    assert [task["task_id"] for task in second["tasks"]] == [task["task_id"] for task in first["tasks"]]
    assert second["tasks"][0]["command"] == "echo other"


def test_a_graph_made_by_hand_is_another_job(client: Client) -> None:
    client.graphs.create(name="Test job")
    with pytest.raises(NameTaken):
        job(client).save()


def test_all_options_come_back_as_they_were_told(client: Client) -> None:
    made = Job("All", client=client, on_failure="stop", max_parallel=3, params_schema={"type": "object"}, description=" d ")
    a = Task(
        "A",
        "run",
        driver="exec",
        args=[1, {"x": None}],
        env={"X": "1"},
        retries=2,
        retry_delay=1.5,
        retry_backoff=2,
        timeout=100_000,
        priority=5,
        queue="q",
        description="why\n",
        trigger_rule="always",
    )
    b = Task("B", "true", nodes=["n1", "n2"])
    a.set_downstream(b, condition="done")
    made.add_task(a, b, Task("C"))
    first, again = made.save(), made.save()
    assert (again["graph_id"], again["revision"]) == (first["graph_id"], first["revision"])


def test_a_failure_raises_and_says_what_failed(client: Client) -> None:
    failing = job(client, command="echo broken >&2; exit 3")
    with pytest.raises(RunFailed, match=r"Test job failed \(execution \d+\): First: broken; 1 skipped\.") as caught:
        failing.run()
    assert caught.value.execution["state"] == "FAILED"
    run = failing.run(check=False)
    assert (run.exit_code, run.states) == (1, {"first": "FAILED", "second": "SKIPPED"})


def test_a_run_that_is_not_waited_for_can_be_cancelled(client: Client) -> None:
    run = job(client, command="sleep 60").run(wait=False)
    assert run.cancel().wait().state == "CANCELLED"


def test_params_reach_the_run(client: Client) -> None:
    made = Job("Params", client=client)
    made.add_task(Task("Say", "echo $DAY", env={"DAY": "{{ params.day }}"}))
    run = made.run(params={"day": "today"})
    assert run.results == {"say": "today\n"}


def test_a_function_that_the_service_knows_is_a_task(client: Client) -> None:
    made = Job("Functions", client=client)
    made.task(command="scheduler.tasks.example_func")(lambda: {"res": "here"})
    run = made.run()
    assert list(run.results.values()) == [{"res": "Test data"}]


def test_a_function_of_the_script_is_refused_with_a_way_out(client: Client) -> None:
    made = Job("Functions", client=client)

    @made.task
    def mine() -> None: ...

    with pytest.raises(InvalidTask, match=r"cannot import.*command=.*run\(local=True\)"):
        made.run()


def test_a_refusal_names_the_task(client: Client) -> None:
    made = Job("Test job", client=client)
    made.add_task(Task("Fetch", "true"), Task("Load", "no.such.function", driver="python"))
    with pytest.raises(ApiError, match=r"tasks\[1\] 'Load'\.command: Unknown callable"):
        made.save()


def test_an_interrupted_script_says_that_its_run_goes_on(service: Service, client: Client, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from celeriac import Job, Task\njob = Job('Slow')\njob.add_task(Task('sleep', 'sleep 30'))\njob.run()\n"
    )
    environment = {**os.environ, "CELERIAC_URL": service.url, "CELERIAC_TOKEN": service.token, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "script.py"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True) as popen:
        assert "Slow" in (popen.stdout or sys.stdin).readline()
        popen.send_signal(signal.SIGINT)
        told = popen.communicate(timeout=20)[0].splitlines()
    (run,) = client.executions.list()
    follow, cancel = f"`celeriac log --run {run['graph_id']} --follow`", f"`celeriac cancel --run {run['graph_id']}`"
    assert told[-1] == f"celeriac: The run goes on: {follow} shows what it says, {cancel} ends it."
    assert "Traceback" not in "".join(told)
    assert (popen.returncode, run["state"] in {"PENDING", "RUNNING"}) == (-signal.SIGINT, True)
    client.executions.cancel(run["graph_id"])


def test_submitting_again_changes_the_schedule(client: Client) -> None:
    first = job(client).submit("0 0 * * *", timezone="Europe/Berlin", params={"day": 1})
    second = job(client).submit(interval=3600)
    assert first.schedule is not None and second.schedule is not None
    assert (first.schedule["cron"], first.schedule["timezone"]) == ("0 0 * * *", "Europe/Berlin")
    assert first.schedule["id"] == second.schedule["id"]
    assert (second.schedule["cron"], second.schedule["interval"]) == (None, 3600)
    assert [row["name"] for row in client.schedules.list(graph=first.graph["graph_id"])] == ["Test job"]
    saved = job(client, "Other").submit()
    assert saved.schedule is None


def test_a_bad_cron_is_told(client: Client) -> None:
    with pytest.raises(ApiError, match="cron"):
        job(client).submit("61 0 * * *")
    with pytest.raises(JobError, match="goes with cron"):
        job(client).submit(params={})


def test_the_project_is_named_or_numbered(client: Client) -> None:
    project = client.projects.create(name="Mine")
    graph = job(client, project="Mine").save()
    assert graph["project"] == project["id"]
    assert job(client, project=project["id"]).save() == graph
    other = client.graphs.create(name="other")  # which makes the default project
    elsewhere = job(client, command="echo other").save()  # there the name is free
    assert elsewhere["project"] == other["project"]
    with pytest.raises(JobError, match="no project named 'Yours'"):
        job(client, project="Yours").save()


def test_logs_are_followed_live(client: Client, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    run = job(client, command=f"echo 1; until test -e {heard}; do sleep 0.05; done; echo 2; echo 3").run(wait=False)
    said = client.task_runs.follow_logs(run.task("first")["task_id"])
    assert next(said).data["text"] == "1\n"
    heard.touch()  # it says no more before
    assert "".join(event.data["text"] for event in said) == "2\n3\n"
    moves = [event.data["to_state"] for event in client.executions.follow(run.id) if event.name == "transition"]
    assert moves[-1] == "SUCCESS"


def test_lists_go_over_all_pages(client: Client) -> None:
    for number in range(5):
        client.graphs.create(name=f"g{number}")
    names = [row["name"] for row in client._wire.rows("/scheduler/dag/list/", None)]
    assert names == [f"g{number}" for number in reversed(range(5))]
    assert [row["name"] for row in client.graphs.list(limit=2)] == ["g4", "g3"]


def test_the_asynchronous_client_does_the_same(service: Service) -> None:
    async def work() -> str:
        async with AsyncClient(service.url, service.token) as client:
            tasks = [{"name": "a", "driver": "shell", "command": "echo a"}]
            graph = await client.graphs.create(name="async", tasks=tasks)  # type: ignore[arg-type]
            names = [row["name"] async for row in client.graphs.list()]
            execution = await client.graphs.execute(graph["graph_id"])
            ended = await client.executions.wait(execution["graph_id"])
            return f"{names} {ended['state']}"

    assert asyncio.run(work()) == "['async'] SUCCESS"


def test_refusals_of_the_real_service_are_exceptions(service: Service, client: Client) -> None:
    with pytest.raises(NotFound):
        client.graphs.get(10**9)
    graph = save(client, job(client, command="sleep 60"))
    execution = client.graphs.execute(graph["graph_id"])
    with pytest.raises(Conflict):
        client.executions.delete(execution["graph_id"])
    client.executions.cancel(execution["graph_id"])
    with Client(service.url, "wrong") as stranger, pytest.raises(Unauthorized):
        list(stranger.graphs.list())


def test_the_script_of_the_seed_runs_with_other_imports(
    service: Service, client: Client, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there, back = tmp_path_factory.mktemp("pipes") / "there", tmp_path_factory.mktemp("pipes") / "back"
    for pipe in (there, back):
        os.mkfifo(pipe)
    done = script(service, tmp_path, example(f"echo met > {there}; cat {back}", f"cat {there}; echo met > {back}"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<TestJob with 5 tasks>\n")
    assert {file.name for file in tmp_path.iterdir()} == {"example.py", "TestJob.png", "TestJob.svg"}
    (row,) = client.executions.list(search="TestJob")
    results = {task["key"]: (task["results"] or {}).get("result") for task in client.executions.get(row["graph_id"])["tasks"]}
    assert (row["state"], len(results)) == ("SUCCESS", 5)
    assert results["feature_engineering1"] == results["feature_engineering2"] == "met\n"  # which takes both at once


def test_the_script_of_the_seed_fails_with_1_and_says_why(service: Service, tmp_path: Path) -> None:
    done = script(service, tmp_path, example("exit 2"))
    assert done.returncode == 1
    assert "Feature Engineering1: exit code 2; 2 skipped." in done.stderr
    assert "Traceback" not in done.stderr
    again = script(service, tmp_path, example("exit 3"))
    assert "another job named 'TestJob'" in again.stderr
    replacing = script(service, tmp_path, example("true"), PYDAG_RUN_NEW="no")
    assert replacing.returncode == 0
