"""Jobs as they are defined: links, names, errors, pictures."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celeriac import Cycle, DuplicateName, ForgottenTask, Job, JobError, Task, order
from celeriac.collecting import NOTHING, collecting
from celeriac.definition import define
from celeriac.errors import InvalidTask
from dags import topology
from dags.definitions import unique_keys


def links(job: Job) -> set[tuple[str, str, str]]:
    definition = job.define()
    names = [str(task["name"]) for task in definition.tasks]
    return {(names[start], names[end], condition) for start, end, condition in definition.edges}


def job_of(*tasks: Task | list[Task]) -> Job:
    job = Job("test")
    job.add_task(*tasks)
    return job


def tasks(names: str) -> list[Task]:
    return [Task(name, "true") for name in names]


def test_arrows_link_tasks_and_lists_of_them() -> None:
    a, b, c, d, e = tasks("abcde")
    a >> [b, c] >> d >> e
    assert links(job_of(a, b, c, d, e)) == {
        ("a", "b", "success"),
        ("a", "c", "success"),
        ("b", "d", "success"),
        ("c", "d", "success"),
        ("d", "e", "success"),
    }


def test_arrows_go_both_ways_and_begin_and_end_with_lists() -> None:
    a, b, c, d = tasks("abcd")
    d << [b, c] << a
    assert links(job_of(a, b, c, d)) == {(x, y, "success") for x, y in ("ab", "ac", "bd", "cd")}
    a, b, c, d = tasks("abcd")
    [a, b] >> c
    [a, b] << d
    assert links(job_of(a, b, c, d)) == {(x, y, "success") for x, y in ("ac", "bc", "da", "db")}
    a, b, c, d = tasks("abcd")
    a >> [b] >> [c, d]  # a list behind a list
    assert links(job_of(a, b, c, d)) == {(x, y, "success") for x, y in ("ab", "bc", "bd")}


def test_links_by_name_say_what_they_ask_for() -> None:
    a, b, c, d = tasks("abcd")
    a.set_downstream(b, c)
    d.set_upstream([b, c], condition="done")
    a.when("failed") >> d
    assert links(job_of(a, b, c, d)) == {
        ("a", "b", "success"),
        ("a", "c", "success"),
        ("b", "d", "done"),
        ("c", "d", "done"),
        ("a", "d", "failed"),
    }


def test_the_last_link_between_two_tasks_counts() -> None:
    a, b = tasks("ab")
    a >> b
    a.set_downstream(b, condition="done")
    assert links(job_of(a, b)) == {("a", "b", "done")}


@pytest.mark.parametrize("condition", ["weak", ""])
def test_conditions_that_are_unknown_are_refused(condition: str) -> None:
    a, b = tasks("ab")
    with pytest.raises(InvalidTask, match="there are success, failed, done, ready"):
        a.set_downstream(b, condition=condition)


def test_a_circle_is_shown() -> None:
    a, b, c, d = tasks("abcd")
    a >> b >> c >> b
    c >> d
    with pytest.raises(Cycle, match=r"in a circle: b -> c -> b\.") as caught:
        job_of(a, b, c, d).define()
    assert caught.value.names == ["b", "c"]
    a.set_downstream(a)
    with pytest.raises(Cycle, match=r"a -> a\."):
        job_of(a, b, c, d).define()


def test_a_linked_task_that_was_never_added_is_told() -> None:
    a, b = tasks("ab")
    a >> b
    for added, missing in ((a, b), (b, a)):
        with pytest.raises(ForgottenTask, match=f"'{missing.name}' is linked .* forgotten to be added to the job"):
            job_of(added).define()


def test_two_tasks_have_two_names() -> None:
    a = Task("a", "true")
    job = job_of(a, a, [a])
    assert job.tasks == [a]
    with pytest.raises(DuplicateName, match="a task named 'a' already"):
        job.add_task(Task("a", "false"))


def test_a_job_needs_a_name_and_tasks() -> None:
    with pytest.raises(JobError, match="needs a name"):
        Job(" ")
    with pytest.raises(JobError, match="no tasks"):
        Job("empty").define()
    with pytest.raises(JobError, match="on_failure"):
        Job("x", on_failure="panic")
    with pytest.raises(InvalidTask, match="'x' is no task"):
        Job("x").add_task("x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"retries": -1}, "retries"),
        ({"retries": 1.5}, "retries"),
        ({"timeout": 0}, "timeout"),
        ({"retry_delay": -1}, "retry_delay"),
        ({"retry_backoff": 0.5}, "retry_backoff"),
        ({"trigger_rule": "sometimes"}, "trigger rule"),
        ({"nodes": ["a", "a"]}, "named twice"),
        ({"nodes": "a", "queue": "b"}, "nodes or a queue"),
        ({"args": [1], "configs": {"args": [2]}}, "told twice"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidTask, match=told):
        Task("a", "true", **options)  # type: ignore[arg-type]


def test_every_option_reaches_the_service() -> None:
    task = Task(
        "A",
        "run",
        key="k",
        driver="exec",
        args=[1],
        env={"X": "1"},
        cwd="d",
        retries=2,
        retry_delay=3,
        retry_backoff=2,
        timeout=100_000,
        trigger_rule="always",
        queue="q",
        priority=5,
        auto_report=False,
        node_selector={"role": "gpu"},
        description="why",
    )
    assert define([task]).tasks == [
        {
            "name": "A",
            "key": "k",
            "description": "why",
            "driver": "exec",
            "command": "run",
            "configs": {"args": [1], "env": {"X": "1"}, "cwd": "d"},
            "auto_report": False,
            "retries": 2,
            "retry_delay": 3,
            "retry_backoff": 2,
            "timeout": 100_000,
            "trigger_rule": "always",
            "queue": "q",
            "priority": 5,
            "node_selector": {"role": "gpu"},
        }
    ]


def test_a_task_says_by_what_it_is_given_how_it_is_done() -> None:
    def function() -> None: ...

    given = [Task("a", "echo"), Task("b"), Task("c", function=function), Task("d", "a.b", driver="python")]
    assert [task.get("driver", "python") for task in define(given).tasks] == ["shell", "offline", "python", "python"]


def test_a_task_on_several_nodes_runs_on_each() -> None:
    load, check, tell = Task("load", "true", nodes=["n1", "n2"]), Task("check", "true", nodes="n1"), Task("tell", "true")
    load >> [check, tell]
    definition = job_of(load, check, tell).define()
    assert [(task["key"], task.get("queue")) for task in definition.tasks] == [
        ("load_on_n1", "n1"),
        ("load_on_n2", "n2"),
        ("check", "n1"),
        ("tell", None),
    ]
    assert len(definition.edges) == 4


def test_a_decorated_function_is_a_task_that_can_still_be_called() -> None:
    job = Job("test")

    @job.task
    def one(x: int = 1) -> int:
        return x + 1

    @job.task(name="Second", retries=2, kwargs={"x": "{{ results.one }}"})
    def two(x: int) -> int:
        return x * 2

    one >> two
    assert [task.name for task in job.tasks] == ["one", "Second"]
    assert (one(2), two(4)) == (3, 8)
    assert links(job) == {("one", "Second", "success")}
    with pytest.raises(TypeError, match="made of no function"):
        Task("x", "true")()


@given(
    st.lists(st.sampled_from(["a", "A", "a b", "a-b", "a_b_2", "é", "", " ", "!"]).map(lambda name: name or "x"), max_size=8)
)
def test_keys_are_those_that_the_service_would_make(names: list[str]) -> None:
    from celeriac.definition import _keys

    assert _keys([None] * len(names), names) == unique_keys([{"name": name} for name in names])


@given(st.integers(1, 7), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_order_and_circles_are_the_services(size: int, edges: list[tuple[int, int]]) -> None:
    inside = [edge for edge in edges if max(edge) < size]
    circle = order.find_cycle(size, inside)
    assert bool(circle) == bool(topology.find_cycle(size, inside))
    if circle:
        assert all(pair in inside for pair in zip(circle, [*circle[1:], circle[0]], strict=True))
    else:
        assert order.topological(size, [(a, b) for a, b in inside if a < b]) is not None
        assert order.layers(size, inside) == topology.layers(size, inside)


def test_printing_a_job_names_and_draws_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a, b, c = (Task(name, "true") for name in ("Sync Data", "Machine Learning", "机器学习"))
    a >> [b, c]
    job = Job("Test/Job: 1")
    job.add_task(a, b, c)
    assert str(job) == "<Test/Job: 1 with 3 tasks>"
    svg, png = tmp_path / "Test_Job_ 1.svg", (tmp_path / "Test_Job_ 1.png").read_bytes()
    assert [text.text for text in ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")] == [a.name, b.name, c.name]
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width > height > 100


def test_a_picture_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.svg").mkdir()
    monkeypatch.chdir(tmp_path)
    job = Job("x")
    job.add_task(Task("a", "true"))
    assert "could not be written" in str(job)


def test_reading_a_script_runs_and_draws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with collecting() as found:
        job = Job("x")
        job.add_task(Task("a", "true"))
        for nothing in (job.run(), job.run(local=True), job.submit(cron="0 0 * * *"), job.save()):
            assert nothing is NOTHING
        assert str(job) == "<x with 1 tasks>"
    assert found == [job]
    assert list(tmp_path.iterdir()) == []


def said(script: Path, **environment: str) -> tuple[int, str, str]:
    """Run a script as a user would; return its exit code, its stdout and its stderr."""
    env = {"PYTHONPATH": str(Path.cwd()), "PATH": os.environ["PATH"], **environment}
    done = subprocess.run([sys.executable, script], cwd=script.parent, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_script_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from celeriac import Job, Task\njob = Job('x')\na = Task('a', 'true')\na >> a\njob.add_task(a)\njob.run(local=True)\n"
    )
    assert said(script) == (1, "", "celeriac: The tasks wait for each other in a circle: a -> a.\n")
    assert "Traceback" in said(script, CELERIAC_DEBUG="1")[2]


def test_a_script_whose_local_run_fails_ends_with_1(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from celeriac import Job, Task\njob = Job('x')\njob.add_task(Task('a', 'exit 4'))\njob.run(local=True)\n"
    )
    code, out, err = said(script)
    assert (code, err) == (1, "celeriac: x failed: a: exit code 4.\n")
    assert "`a`" in out


def test_a_script_without_a_service_is_told_what_to_do(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from celeriac import Job, Task\njob = Job('x')\njob.add_task(Task('a', 'true'))\njob.run()\n")
    code, _, err = said(script, HOME=str(tmp_path))
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("celeriac: Nothing says where the service is.") and "celeriac login" in err
