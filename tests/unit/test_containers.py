"""What a container may ask for, and what the daemon is asked for then: everything is denied that is not allowed."""

import os

import pytest

from dags import drivers
from dags.errors import InvalidTask
from scheduler.containers import labels, wanted
from scheduler.containers.labels import Whose
from scheduler.containers.leftovers import is_owed
from scheduler.containers.removing import Found
from scheduler.containers.request import NotAllowed, Rules, request

MB = 1024**2


@pytest.fixture
def rules(tmp_path) -> Rules:
    return Rules(base=tmp_path / "mounts", user="1000:1001", bind="10.0.0.7", memory=512 * MB, cpus=1, pids=100)


def asked(rules, **configs) -> dict:
    told = wanted.read({"image": "bench:1", **configs})
    assert told is not None
    return request(told, rules, args=told.args, env=told.env, labels={"a": "b"})


# --- what is refused when it is written ---


@pytest.mark.parametrize(
    ("configs", "said"),
    [
        ({"image": ""}, "image: must be the name of an image"),
        ({"image": "a b"}, "image: must be the name of an image"),
        ({"image": "-v"}, "image: must be the name of an image"),
        ({"image": "team/UPPER"}, "image: must be the name of an image"),
        ({"image": "a:b:c"}, "image: must be the name of an image"),
        ({"image": 3}, "image: Input should be a valid string"),
        ({"action": "build"}, "action: Input should be 'run' or 'pull'"),
        ({"action": "pull", "ports": [{"guest": 1, "host": 1}]}, "ports is for containers that run"),
        ({"pull": "sometimes"}, "pull: Input should be 'missing', 'always' or 'never'"),
        ({"privileged": True}, "Unknown key 'privileged'"),
        ({"pid_mode": "host"}, "Unknown key 'pid_mode'"),
        ({"volumes": ["/:/host"]}, "Unknown key 'volumes'"),
        ({"devices": ["/dev/sda"]}, "Unknown key 'devices'"),
        ({"security_opt": ["seccomp=unconfined"]}, "Unknown key 'security_opt'"),
        ({"network": "container:db"}, "network: Input should be 'bridge', 'none' or 'host'"),
        ({"network": "host", "ports": [{"guest": 1, "host": 1}]}, "ports are for the network bridge"),
        ({"ports": [{"guest": 0, "host": 80}]}, "ports[0].guest: Input should be greater than or equal to 1"),
        ({"ports": [{"guest": 1, "host": 70_000}]}, "ports[0].host: Input should be less than or equal to 65535"),
        ({"ports": [{"guest": 1, "host": 8}, {"guest": 2, "host": 8}]}, "host ports must differ"),
        ({"ports": [{"guest": 1, "host": 8, "ip": "0.0.0.0"}]}, "ports[0].ip: Extra inputs are not permitted"),
        ({"mounts": [{"source": "/etc", "target": "/e"}]}, "mounts[0].source: must be a path below"),
        ({"mounts": [{"source": "a/../../etc", "target": "/e"}]}, "mounts[0].source: must be a path below"),
        ({"mounts": [{"source": "", "target": "/e"}]}, "mounts[0].source: must be a path below"),
        ({"mounts": [{"source": "a", "target": "e"}]}, "mounts[0].target: must be a path in the container"),
        ({"mounts": [{"source": "a", "target": "/"}]}, "mounts[0].target: must be a path in the container"),
        ({"mounts": [{"source": "a", "target": "/proc/sys"}]}, "mounts[0].target: must be a path in the container"),
        ({"mounts": [{"source": "a", "target": "/x/../sys"}]}, "mounts[0].target: must be a path in the container"),
        ({"mounts": [{"source": "a", "target": "/b"}, {"source": "c", "target": "/b/"}]}, "targets of mounts must differ"),
        ({"mounts": [{"source": "a", "target": "/b"}], "user": "0"}, "runs as the worker's user"),
        ({"memory": "4m"}, "memory: Input should be greater than or equal to 6291456"),
        ({"memory": "lots"}, "memory: Input should be a valid integer"),
        ({"memory": "1" * 30 + "g"}, "memory: "),
        ({"cpus": 0}, "cpus: Input should be greater than or equal to 0.01"),
        ({"pids": -1}, "pids: Input should be greater than or equal to 1"),
        ({"user": "root; id"}, "user: String should match pattern"),
        ({"name": "a/b"}, "name: String should match pattern"),
        ({"command": "sh -c 'open"}, "command: No closing quotation"),
        ({"cap_add": ["all!"]}, "cap_add[0]: String should match pattern"),
        ({"env": {"A B": "x"}}, "is no name of a variable"),
        ({"env": {"SCHEDULER_TASK_ID": "1"}}, "the engine's own"),
        ({"kwargs": {"a": 1}}, "kwargs: "),
        ({"command": "run {{ params.x }}"}, "command: 'params' is unknown"),
        ({"args": ["{{ secrets.x }}"]}, "args[0]: 'secrets' is unknown"),
        ({"args": "a b"}, "args must be a list"),
    ],
)
def test_this_is_refused(configs, said):
    with pytest.raises(InvalidTask) as refused:
        drivers.check("docker", "", {"image": "bench:1", **configs})
    assert said in str(refused.value.message)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(wanted.Faulty, match=r"image: must be .*; cpus: Input should be"):
        wanted.read({"image": "", "cpus": 0})


def test_an_image_is_needed():
    with pytest.raises(InvalidTask, match="image: Field required"):
        drivers.check("docker", "", {})


def test_a_command_stands_in_one_place():
    drivers.check("docker", "echo hi", {"image": "bench:1"})
    with pytest.raises(InvalidTask, match="tell it once"):
        drivers.check("docker", "echo hi", {"image": "bench:1", "command": "echo ho"})


@pytest.mark.parametrize(
    "configs",
    [
        {"image": "registry.example.org:5000/team/bench:1.2"},
        {"image": f"bench@sha256:{'0' * 64}"},
        {"image": "bench:{{ params.version }}", "memory": "{{ params.memory }}", "cpus": "{{ params.cpus }}"},
        {"command": "ping {{ nodes.srv.ip }}", "args": ["{{ results.a }}"], "env": {"HOST": "{{ nodes.srv.ip }}"}},
        {"mounts": [{"source": "out/{{ params.day }}", "target": "/out"}]},
        {"action": "pull", "kwargs": {}},
    ],
)
def test_this_is_taken(configs):
    drivers.check("docker", "", {"image": "bench:1", **configs})


# --- what the daemon is asked for ---


def test_what_is_not_asked_for_is_denied(rules):
    assert asked(rules) == {
        "image": "bench:1",
        "command": None,
        "environment": {},
        "labels": {"a": "b"},
        "network_mode": "bridge",
        "mounts": [],
        "mem_limit": 512 * MB,
        "memswap_limit": 512 * MB,
        "nano_cpus": 1_000_000_000,
        "pids_limit": 100,
        "privileged": False,
        "cap_drop": ["ALL"],
        "cap_add": [],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "private",
        "read_only": False,
        "init": True,
        "log_config": {"type": "none", "config": {}},
        "use_config_proxy": False,
    }


def test_what_is_asked_for_is_told(rules):
    told = asked(
        rules,
        command="sh -c 'a b'",
        args=["$(id)", "; x"],
        env={"A": "1"},
        ports=[{"guest": 80, "host": 8080}],
        name="srv",
        user="999:999",
        memory="1g",
        cpus=0.5,
        pids=7,
        read_only=True,
        cwd="/srv",
        entrypoint="/bin/run it",
        init=False,
    )
    assert told["command"] == ["sh", "-c", "a b", "$(id)", "; x"]
    assert told["ports"] == {"80/tcp": {"HostIp": "10.0.0.7", "HostPort": 8080}}
    assert (told["mem_limit"], told["memswap_limit"], told["nano_cpus"]) == (1024 * MB, 1024 * MB, 500_000_000)
    assert (told["name"], told["user"], told["pids_limit"], told["working_dir"]) == ("srv", "999:999", 7, "/srv")
    assert (told["entrypoint"], told["init"], told["environment"]) == (["/bin/run", "it"], False, {"A": "1"})
    assert told["read_only"]
    assert list(told["tmpfs"]) == ["/tmp"]


def test_a_mount_is_below_the_folder_and_seen_as_the_worker_sees_it(rules):
    told = asked(rules, mounts=[{"source": "a/b", "target": "/data", "read_only": True}])
    assert told["mounts"] == [{"Type": "bind", "Source": str(rules.base / "a/b"), "Target": "/data", "ReadOnly": True}]
    assert told["user"] == "1000:1001"
    assert (rules.base / "a/b").is_dir()


@pytest.mark.parametrize("source", ["out", "out/passwd", "loop", "inner/out"])
def test_a_link_that_leads_out_is_refused(rules, source):
    rules.base.mkdir()
    (rules.base / "inner").mkdir()
    (rules.base / "out").symlink_to("/etc")
    (rules.base / "inner" / "out").symlink_to("../../")
    (rules.base / "loop").symlink_to("loop")
    with pytest.raises(NotAllowed, match="mount"):
        asked(rules, mounts=[{"source": source, "target": "/data"}])


def test_a_link_that_stays_inside_is_followed(rules):
    (rules.base / "real").mkdir(parents=True)
    (rules.base / "alias").symlink_to("real")
    assert asked(rules, mounts=[{"source": "alias", "target": "/d"}])["mounts"][0]["Source"] == str(rules.base / "real")


def test_a_node_may_allow_more(rules):
    with pytest.raises(NotAllowed, match="CELERIAC_CONTAINER_HOST_NETWORK"):
        asked(rules, network="host")
    with pytest.raises(NotAllowed, match=r"SYS_NICE .*CELERIAC_CONTAINER_CAPABILITIES"):
        asked(rules, cap_add=["SYS_NICE"])
    more = Rules(
        **{name: getattr(rules, name) for name in ("base", "user", "bind", "memory", "cpus", "pids")}
        | {"host_network": True, "capabilities": ["SYS_NICE"]}
    )
    assert asked(more, network="host", cap_add=["SYS_NICE"])["network_mode"] == "host"


# --- whose a container is ---


def whose(**fields) -> Whose:
    return Whose(**{"job_run_id": 7, "attempt": 2, "place": "here", "pid": 1, "started": 1, **fields})


@pytest.mark.parametrize(
    ("holder_lives", "runs", "attempt", "state", "owed"),
    [
        (True, True, 2, "RUNNING", True),
        (True, True, 3, "RUNNING", True),  # its holder learns of that, and ends it
        (True, True, 2, "SUCCESS", True),  # by a report, while its own work goes on
        (True, False, 2, "RUNNING", True),  # about to start, or to be removed
        (True, False, 2, "FAILED", False),  # the daemon was away when it was to be removed
        (False, True, 2, "RUNNING", False),
        (None, True, 2, "RUNNING", True),
        (None, True, 2, "WAITING", True),  # a service
        (None, True, 3, "RUNNING", False),
        (None, True, 2, "SUCCESS", False),
        (None, False, None, None, False),
    ],
)
def test_who_holds_it_decides_and_else_the_database(holder_lives, runs, attempt, state, owed):
    found = Found(container="c", whose=whose(), runs=runs)
    assert is_owed(found, holder_lives=holder_lives, attempt=attempt, state=state) is owed


def test_labels_are_read_as_they_are_written():
    written = labels.of_attempt("i", 7, 2, "n1") | labels.of_holder()
    read = labels.read(written)
    assert read is not None
    assert (read.job_run_id, read.attempt, read.pid) == (7, 2, os.getpid())
    assert read.holder_lives() is True
    assert whose(place=labels.place(), pid=os.getpid(), started=1).holder_lives() is False
    assert whose(place="elsewhere").holder_lives() is None
    assert labels.read({"other": "label"}) is None
    assert labels.read({labels.JOB_RUN: "x", labels.ATTEMPT: "1"}) is None
