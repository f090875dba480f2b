"""Where the service is."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from celeriac.client import CannotConnect, NoService, find, forget_login, login_file, save_login


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / "work" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "deeper")
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def credentials(folder: Path, url: str = "http://127.0.0.1:8000", token: str = "local") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "credentials.json").write_text(json.dumps({"url": url, "username": "admin", "password": "x", "token": token}))


def test_without_anything_said_the_error_says_what_to_do(environment: dict[str, str]) -> None:
    with pytest.raises(NoService, match=r"celeriac up.*celeriac login.*CELERIAC_URL"):
        find(environment=environment)


def test_what_is_told_first_counts(environment: dict[str, str], tmp_path: Path) -> None:
    credentials(tmp_path / "work" / "var")
    assert find(environment=environment).token == "local"
    save_login("https://saved.test/", "saved", environment)
    assert (find(environment=environment).url, find(environment=environment).token) == ("https://saved.test", "saved")
    environment |= {"CELERIAC_URL": "https://variable.test", "CELERIAC_TOKEN": "variable"}
    assert find(environment=environment).token == "variable"
    assert find("https://given.test", "given", environment).token == "given"


def test_a_login_is_readable_by_its_owner_alone(environment: dict[str, str]) -> None:
    file = save_login("https://saved.test", "saved", environment)
    assert file == login_file(environment)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert forget_login(environment)
    assert not forget_login(environment)


def test_a_token_goes_to_its_own_service_alone(environment: dict[str, str]) -> None:
    save_login("https://saved.test", "saved", environment)
    assert find("https://other.test", environment=environment).token is None
    assert find("https://saved.test/", environment=environment).token == "saved"
    assert find(environment=environment | {"CELERIAC_TOKEN": "mine"}).token == "mine"


def test_the_home_of_the_service_on_this_machine_is_looked_into(environment: dict[str, str], tmp_path: Path) -> None:
    credentials(tmp_path / "home", token="home")
    credentials(tmp_path / "work" / "var")
    assert find(environment=environment | {"CELERIAC_HOME": str(tmp_path / "home")}).token == "home"
    assert find(environment=environment).is_here


def test_files_of_others_and_broken_ones_say_nothing(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials(tmp_path / "work" / "var")
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(NoService):
        find(environment=environment)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path / "work" / "deeper")
    for content in ("", "[]", '{"url": "http://x"}', '{"url": "ftp://x", "token": "x"}'):
        (tmp_path / "work" / "var" / "credentials.json").write_text(content)
        with pytest.raises(NoService):
            find(environment=environment)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://", "http://[", "http://x:0", "http://x:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CannotConnect, match=r"is not the address of a service"):
        find(url, environment={})
