"""Where the service is away, or does not let one in: one clear line, exit code 3, no traceback."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest

from celeriac.cli import faults
from celeriac.client import CeleriacError, Client, places, retrying
from tests.cli.calling import call, done, refused
from tests.cli.conftest import script
from tests.conftest import Service

NOBODY = "http://127.0.0.1:9"


def test_nothing_says_where_the_service_is() -> None:
    assert refused("list", code=3).startswith("Nothing says where the service is. Run `celeriac up`")


def test_the_service_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERIAC_URL", NOBODY)
    monkeypatch.setattr(retrying, "FIRST", 0.001)
    assert refused("list", code=3).startswith(f"{NOBODY} does not answer")
    assert json.loads(refused("list", "--json", code=3))["exit_code"] == 3


def test_the_token_is_wrong(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERIAC_TOKEN", "0" * 64)
    assert refused("list", code=3).startswith("Invalid token. Run `celeriac login`")


def test_a_bad_cron_leaves_no_job_behind(here: Service) -> None:
    told = refused("submit", script(Path.cwd()), "--cron", "61 0 * * *")
    assert told.startswith("cron: Bad minute '61'")
    assert done("list").lines == ["No jobs found"]


def test_a_bad_zone_is_told(here: Service) -> None:
    assert "Mars" in refused("submit", script(Path.cwd()), "--cron", "0 0 * * *", "--timezone", "Mars/Olympus")


def test_what_is_wrong_deep_in_a_graph_is_told_with_its_place(here: Service) -> None:
    Path("job.yaml").write_text("name: A\ntasks: [{name: a, driver: shell, command: 'true'}, {name: b, retries: many}]")
    assert refused("apply", "-f", "job.yaml").startswith("`A`: tasks[1].retries: ")


def test_a_login_is_saved_for_its_owner_alone(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERIAC_URL")
    monkeypatch.delenv("CELERIAC_TOKEN")
    done("login", here.url, stdin=f"{here.token}\n")
    assert stat.S_IMODE(places.login_file().stat().st_mode) == 0o600
    assert done("list").lines == ["No jobs found"]
    done("logout")
    assert call("list").code == 3


def test_a_login_that_the_service_does_not_take_is_not_saved(here: Service) -> None:
    assert refused("login", here.url, code=3, stdin="wrong\n").startswith("Invalid token.")
    assert not places.login_file().exists()


def test_up_needs_a_checkout() -> None:
    assert refused("up").startswith("The service runs from its repository")


def test_a_fault_of_our_own_is_told_as_such() -> None:
    assert faults.exit_code(KeyError("x")) == 70
    assert faults.sentence(KeyError("x")) == "A fault of celeriac itself, KeyError: 'x'. With --debug it shows where."


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_service_that_is_not_well_is_not_a_fault_of_usage(status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"detail": "It is not well.", "code": "away"})

    client = Client(NOBODY, "token", retries=0, transport=httpx.MockTransport(answer))
    with client, pytest.raises(CeleriacError, match=r"It is not well\.") as caught:
        client.live()
    assert faults.exit_code(caught.value) == 3
