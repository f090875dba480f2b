"""Docker tasks on a real engine: what reaches containers, what they say, how they end, and that nothing is left of them."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from runs.logs import LogWriter
from runs.models import LogChunk
from runs.states import JobRunState
from scheduler.containers import doing, leftovers
from scheduler.drivers import docker
from scheduler.stop import Reason, Stop
from tests.containers import IMAGE, all_of, speaking_to
from tests.running import wait_for
from tests.works import did, running_job, said, unwatched, work_of

pytestmark = pytest.mark.django_db

NAUGHTY = ["$(touch /tmp/canary)", "; touch /tmp/canary", "a b", "'\"`\\", "*", "", "é😀\n", "{{ params.x }}", "--"]


@pytest.fixture(autouse=True)
def _quick(settings, tmp_path, docker_host):
    settings.KILL_GRACE = 0.5
    settings.HOME = tmp_path
    settings.MOUNTS = tmp_path / "mounts"
    settings.CONTAINER_MEMORY = 32
    with unwatched():
        yield
    assert all_of(docker_host) == []


def ran(line: str, *args: str, **configs):
    """Run a line of the image's shell."""
    fields = {name: configs.pop(name) for name in ("timeout", "params") if name in configs}
    told = {"image": IMAGE, "network": "none", "args": ["-c", line, "box", *args], **configs}
    return did("docker", "/bin/sh", configs=told, **fields)


def test_stdout_is_the_result_and_values_arrive_byte_for_byte():
    params = dict(zip("abcdefghi", NAUGHTY, strict=True))
    outcome = ran(
        'printf "%s|" "$@" "$VALUE" "$SCHEDULER_ATTEMPT" "${DATABASE_URL-none}"; ls /tmp; echo said >&2',
        *(f"{{{{ params.{name} }}}}" for name in params),
        env={"VALUE": "{{ params.a }}"},
        params=params,
    )
    assert outcome.state == JobRunState.SUCCESS
    assert outcome.results == {"result": "|".join([*NAUGHTY, NAUGHTY[0], "1", "none|"])}
    assert said("err") == "said\n"


def test_a_failure_tells_stderr_and_the_exit_code():
    outcome = ran("echo out; echo no such day >&2; exit 3")
    assert (outcome.state, outcome.errors) == (JobRunState.FAILED, {"error": "no such day", "exit_code": 3})
    assert said("out") == "out\n"


def test_it_may_do_nothing_besides():
    status = ran("cat /proc/self/status; id; touch /etc/x 2>&1; echo; ls /sys/class/net", read_only=True).results["result"]
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Read-only file system" in status
    assert status.endswith("\nlo\n")


def test_a_mount_is_read_and_written_as_the_worker(settings):
    (settings.MOUNTS / "in").mkdir(parents=True)
    (settings.MOUNTS / "in" / "day").write_text("monday")
    mounts = [
        {"source": "in", "target": "/data/in", "read_only": True},
        {"source": "out/{{ params.day }}", "target": "/data/out"},
    ]
    line = "cat /data/in/day > /data/out/day; touch /data/in/x"
    outcome = ran(line, mounts=mounts, params={"day": "1"})
    assert "Read-only file system" in outcome.errors["error"]
    written = settings.MOUNTS / "out" / "1" / "day"
    assert written.read_text() == "monday"
    assert written.stat().st_uid == os.getuid()


@pytest.mark.parametrize(
    ("configs", "told"),
    [
        ({"mounts": [{"source": "{{ params.up }}", "target": "/d"}]}, "must be a path below"),
        ({"mounts": [{"source": "out", "target": "/d"}]}, "leads out of the folder of mounts"),
        ({"network": "host"}, "CELERIAC_CONTAINER_HOST_NETWORK"),
        ({"image": "no-such-image:1", "pull": "never"}, "No such image"),
        ({"memory": "{{ params.up }}"}, "memory: "),
    ],
)
def test_what_is_not_allowed_or_not_there_fails_for_good(settings, configs, told):
    settings.MOUNTS.mkdir()
    (settings.MOUNTS / "out").symlink_to("/etc")
    outcome = ran("true", params={"up": "../.."}, **configs)
    assert outcome.permanent
    assert told in outcome.errors["error"]


def test_an_image_that_cannot_be_pulled_is_told():
    configs = {"image": "127.0.0.1:9/none:1", "action": "pull"}
    outcome = did("docker", "", configs=configs)
    assert not outcome.permanent  # the registry does not answer: another day it may
    assert outcome.errors["error"].startswith("cannot pull 127.0.0.1:9/none:1: ")
    assert "[pulling 127.0.0.1:9/none:1]" in said("log")


@pytest.fixture
def registry() -> Iterator[tuple[str, threading.Event]]:
    """A registry without images: where it is, and what it waits for before it answers."""
    answers = threading.Event()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.wait(20)
            self.send_response(200 if self.path == "/v2/" else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}')

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", answers
    answers.set()
    server.shutdown()
    server.server_close()


def test_an_image_that_does_not_exist_fails_for_good(registry):
    place, answers = registry
    answers.set()
    outcome = ran("true", image=f"{place}/none:1")
    assert outcome.permanent
    assert f"cannot pull {place}/none:1: " in outcome.errors["error"]
    assert "manifest" in outcome.errors["error"]


def test_pulling_takes_no_longer_than_it_may_and_can_be_cancelled(registry, settings):
    place, _ = registry
    settings.PULL_TIMEOUT = 0.3
    outcome = did("docker", "", configs={"image": f"{place}/slow:1", "action": "pull"})
    assert outcome.errors == {"error": f"{place}/slow:1 was not pulled within 0.3 s"}
    assert not outcome.permanent
    settings.PULL_TIMEOUT = 60
    job_run, stop = running_job(), Stop()
    threading.Timer(0.2, stop.set, [Reason.CANCELLED]).start()
    work = work_of(job_run, "docker", "/bin/true", configs={"image": f"{place}/slow:1"})
    assert docker.run(work, LogWriter(job_run.pk, 1, job_run.graph_run_id), stop).state == JobRunState.CANCELLED


def test_a_daemon_that_is_away_is_told_and_tried_again(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    outcome = ran("true")
    assert not outcome.permanent
    assert "unix:///no/such/socket does not answer (No such file or directory): start it" in outcome.errors["error"]


def test_time_is_limited_and_a_deaf_container_is_killed():
    outcome = ran("trap '' TERM; echo begun; while :; do sleep 0.1; done", timeout=0.5)
    assert outcome.errors["error"] == "timed out after 0.5 s"
    assert said("out") == "begun\n"


def test_memory_is_limited():
    outcome = ran("x=$(yes | head -c 100000000); echo $?")
    assert outcome.errors["error"] == "killed: it wanted more than the 32 MB of memory that it may have"


def test_much_output_is_clipped(settings):
    settings.MAX_OUTPUT = 10_000
    outcome = ran("yes | head -c 50000000; echo end")
    assert outcome.results["truncated"]
    assert outcome.results["result"].endswith("y\nend\n")
    assert len(said()) < 11_000


def test_it_is_told_to_end_while_it_runs_and_another_of_its_name_gets_another():
    configs = {"image": IMAGE, "network": "none", "name": "celeriac-tests"}
    job_run, stop = running_job(), Stop()
    work = work_of(job_run, "docker", "/bin/sh", configs={**configs, "args": ["-c", "echo begun; sleep 60"]})
    log = _Listening(job_run.pk, 1, job_run.graph_run_id)
    outcomes = []
    request = docker.requested(work, docker.read(work), log)
    thread = threading.Thread(target=lambda: outcomes.append(doing.ran(work, "missing", request, log, stop)))
    thread.start()
    assert log.heard.wait(20)
    assert did("docker", "/bin/true", configs=configs).state == JobRunState.SUCCESS
    stop.set(Reason.CANCELLED)
    thread.join(20)
    assert outcomes[0].state == JobRunState.CANCELLED
    assert "[the name celeriac-tests is taken: this container is celeriac-tests-" in said("log")


class _Listening(LogWriter):
    """A log that tells when anything is said to it."""

    __slots__ = ("heard",)

    def __init__(self, job_run_id: int, attempt: int, graph_run_id: int) -> None:
        super().__init__(job_run_id, attempt, graph_run_id)
        self.heard = threading.Event()

    def write(self, stream: str, data: bytes) -> None:
        super().write(stream, data)
        if stream == "out":
            self.heard.set()


def test_what_an_earlier_attempt_has_left_is_removed_first(docker_host):
    job_run = running_job()
    work = work_of(job_run, "docker", "/bin/true", configs={"image": IMAGE, "network": "none"})
    request = docker.requested(work, docker.read(work), LogWriter(job_run.pk, 0, job_run.graph_run_id))
    with speaking_to(docker_host) as client:
        earlier = {**request["labels"], "celeriac.attempt": "0"}
        client.containers.create(**{**request, "command": ["/bin/sleep", "60"], "labels": earlier}).start()
        client.containers.create(**request)  # of this attempt, and somebody else's
    log = LogWriter(job_run.pk, 1, job_run.graph_run_id)
    assert doing.ran(work, "missing", request, log, Stop()).state == JobRunState.SUCCESS
    log.close()
    assert "[removed 1 containers of earlier attempts]" in "".join(LogChunk.objects.values_list("text", flat=True))
    job_run.attempt = 5
    job_run.save(update_fields=["attempt"])
    leftovers.look()
    wait_for(lambda: all_of(docker_host) == [], "the removal")


def test_a_stop_before_its_start_starts_nothing():
    stop = Stop()
    stop.set(Reason.LEAVING)
    job_run = running_job()
    work = work_of(job_run, "docker", "/bin/true", configs={"image": IMAGE})
    assert docker.run(work, LogWriter(job_run.pk, 1, job_run.graph_run_id), stop).state == JobRunState.QUEUED
