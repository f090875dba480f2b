"""A Docker engine for the tests, where there can be one, and an image that comes from nowhere: Debian's static busybox."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
from django.conf import settings
from docker import DockerClient

from tests.running import end, wait_for

IMAGE = "celeriac-tests/busybox:1"
APPLETS = ("sh", "cat", "echo", "env", "false", "head", "id", "ls", "nc", "printf", "sleep", "touch", "true", "yes")
STARTING = 20.0  # seconds


@contextmanager
def engine() -> Iterator[str]:
    """Return where an engine listens that has the image: one of our own, else that of DOCKER_HOST, else skip and say so."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("containers are not tried: there is no busybox for an image (Debian: busybox-static)")
    dockerd = shutil.which("dockerd")
    if dockerd is not None and os.geteuid() == 0:
        with _own(dockerd) as address:
            _have_image(address, Path(busybox))
            yield address
    elif "DOCKER_HOST" in os.environ:
        _have_image(os.environ["DOCKER_HOST"], Path(busybox))
        yield os.environ["DOCKER_HOST"]
    else:
        pytest.skip("containers are not tried: no dockerd that may be started (Debian: docker.io, as root), no DOCKER_HOST")


@contextmanager
def _own(dockerd: str) -> Iterator[str]:
    home = settings.HOME / "dockerd"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    address = f"unix://{home}/sock"
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid", "config-file": "none.json"}
    (home / "none.json").write_text("{}")
    command = [dockerd, "--host", address, "--storage-driver=vfs", "--bridge=none", "--iptables=false"]
    command += [f"--{option}={home / name}" for option, name in places.items()]
    with (home / "log").open("w") as log:
        popen = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        try:
            wait_for(lambda: popen.poll() is not None or _answers(address), "the engine", STARTING)
        except TimeoutError:
            pytest.skip(f"containers are not tried: the engine does not answer:\n{(home / 'log').read_text()[-1000:]}")
        if popen.poll() is not None:
            pytest.skip(f"containers are not tried: no engine can be started here:\n{(home / 'log').read_text()[-1000:]}")
        yield address
    finally:
        end(popen)
        shutil.rmtree(home, ignore_errors=True)


def _answers(address: str) -> bool:
    try:
        with speaking_to(address) as client:
            return bool(client.ping())
    except docker.errors.DockerException:
        return False


@contextmanager
def speaking_to(address: str) -> Iterator[DockerClient]:
    """Speak to an engine."""
    client = DockerClient(base_url=address)
    try:
        yield client
    finally:
        client.close()


def _have_image(address: str, busybox: Path) -> None:
    """Import an image of one program under many names; nothing is fetched from anywhere."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("tmp", 0o1777), ("data", 0o1777)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        tar.add(busybox.resolve(), "bin/busybox")
        for name in APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    repository, _, tag = IMAGE.partition(":")
    with speaking_to(address) as client:
        client.api.import_image_from_data(packed.getvalue(), repository=repository, tag=tag)


def all_of(address: str) -> list[str]:
    """Return the ids of our containers that there are, running or not."""
    with speaking_to(address) as client:
        return [str(one["Id"]) for one in client.api.containers(all=True, filters={"label": "celeriac.installation"})]
