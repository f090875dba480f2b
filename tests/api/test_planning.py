"""POST /api/v1/schedule/: the seed's keys and messages, and JSON whatever is sent."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

import pytest

from schedules.policies import planning, registry
from schedules.policies.configs import Config
from schedules.policies.plan import Block, Plan
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/v1/schedule/"
ASKED = {"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00", "policy": '{"policy": "dummy", "config": {}}'}
SUPPORTED = "Invalid policy. Supported policies are: "
NO_STRING = "Invalid policy, needs to be a json string"
BAD_DATE = "Invalid date format, needs to be ISO format"


@pytest.fixture(autouse=True)
def open_to_all(settings: Any) -> None:
    settings.OPEN_PLANNING = True
    settings.PLAN_LIMIT = 10**9


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what registers a policy for this test alone, made of a function that plans."""
    monkeypatch.setattr(registry, "_policies", dict(registry._policies))

    def register(name: str, plan: Any, config: type[Config] = Config) -> None:
        registry.register(type(name.title(), (), {"name": name, "Config": config, "plan": staticmethod(plan)})())

    return register


def ask(**changes: Any) -> Any:
    return factories.nobody().post(PATH, {**ASKED, **changes})


def told(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["status"] == "error"
    assert body["detail"] == body["message"]
    assert body["code"]
    return answer.status_code, body["message"]


# --- What is answered ---


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
@pytest.mark.parametrize("policy", [ASKED["policy"], {"policy": "dummy", "config": {}}, "{}", {}, {"policy": "dummy"}])
def test_a_range_and_a_policy_make_a_schedule_of_commands(path: str, policy: Any) -> None:
    answer = factories.nobody().post(path, {**ASKED, "policy": policy})
    assert answer.status_code == 200
    body = answer.json()
    assert (body.keys(), body["status"], body["message"]) == ({"status", "commands", "message"}, "ok", "Success")
    first, *sleeps = body["commands"].splitlines()
    assert first == "import time"
    assert sum(float(line.removeprefix("time.sleep(").removesuffix(")")) for line in sleeps) == pytest.approx(7200)


@pytest.mark.parametrize(
    ("t0", "t1"),
    [
        ("2022-01-01 12:00", "2022-01-01T12:00:03"),
        ("2022-01-01T12:00:00Z", "2022-01-01T14:00:03+02:00"),
        ("2022-01-01", "2022-01-01 00:00:03.000"),
    ],
)
def test_times_are_iso_and_naive_ones_are_utc(t0: str, t1: str) -> None:
    policy = {"config": {"parts": 1}}
    assert ask(t0=t0, t1=t1, policy=policy).json()["commands"] == "import time\ntime.sleep(3.00)\n"


def test_the_blocks_are_answered_as_json() -> None:
    policy = {"policy": "dummy", "config": {"seed": 1, "parts": 2}}
    body = ask(policy=policy, format="blocks").json()
    one, two = body["blocks"]
    assert one.keys() == {"name", "kind", "start", "end", "commands", "details"}
    assert (one["start"], one["end"], two["end"]) == ("2022-01-01T12:00:00Z", two["start"], "2022-01-01T14:00:00Z")
    assert body["commands"] == "\n".join(["import time", *one["commands"], *two["commands"], ""])
    assert ask(policy=policy).json()["commands"] == body["commands"]


def test_a_picture_is_drawn_where_the_policy_draws_one(policies: Any) -> None:
    class Drawn(Plan):
        def picture(self) -> str:
            return "<svg xmlns='http://www.w3.org/2000/svg'/>"

    policies("artist", lambda config, t0, t1, now: Drawn(blocks=[]))
    answer = ask(policy={"policy": "artist"}, format="picture")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.content.startswith(b"<svg")
    assert told(ask(format="picture")) == (400, "Invalid format. The policy dummy draws no picture")


def test_an_observing_plan_is_answered_in_every_form() -> None:
    policy = {"policy": "basic", "config": {"calibration_targets": ["moon"]}}
    body = ask(policy=policy, format="blocks").json()
    assert body["commands"].startswith("from sorunlib import *\n")
    assert {"calibration", "master"} >= {block["kind"] for block in body["blocks"]}
    assert ask(policy=policy).json()["commands"] == body["commands"]
    assert ask(policy=policy, format="picture").content.startswith(b"<svg")


# --- What is refused ---


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"t0": None}, BAD_DATE),
        ({"t0": 5}, BAD_DATE),
        ({"t0": "yesterday"}, BAD_DATE),
        ({"t1": ""}, BAD_DATE),
        ({"t1": ["2022-01-01"]}, BAD_DATE),
        ({"t0": "0001-01-01T00:00+12:00"}, BAD_DATE),
        ({"t1": "9999-12-31T23:59-12:00"}, BAD_DATE),
        ({"t0": "x", "policy": "x"}, BAD_DATE),
        ({"policy": "x"}, NO_STRING),
        ({"policy": ""}, NO_STRING),
        ({"policy": "[]"}, NO_STRING),
        ({"policy": '"dummy"'}, NO_STRING),
        ({"policy": '{"policy": "dummy", "policy": "dummy"}'}, NO_STRING),
        ({"policy": '{"config": {"seed": NaN}}'}, NO_STRING),
        ({"policy": '{"config":' * 80 + "1" + "}" * 80}, NO_STRING),
        ({"policy": "\U0001f600"}, NO_STRING),
        ({"policy": None}, NO_STRING),
        ({"policy": 5}, NO_STRING),
        ({"policy": True}, NO_STRING),
        ({"policy": ["dummy"]}, NO_STRING),
        ({"policy": {"policy": None}}, SUPPORTED),
        ({"policy": {"policy": ["dummy"]}}, SUPPORTED),
        ({"policy": '{"policy": "nothing"}'}, SUPPORTED),
        ({"policy": {"policy": "dummy", "confg": {}}}, "Unknown key of the policy 'confg'"),
        ({"policy": {"config": None}}, "Invalid config, needs to be an object"),
        ({"policy": {"config": []}}, "Invalid config, needs to be an object"),
        ({"policy": {"config": {"sed": 1}}}, "Invalid config: unknown key sed"),
        ({"policy": {"config": {"parts": 0}}}, "Invalid config: parts: Input should be greater than or equal to 1"),
        ({"policy": {"config": {"parts": "3"}}}, "Invalid config: parts: Input should be a valid integer"),
        ({"policy": {"policy": "basic", "config": {"rules": {"sun": {}}}}}, "Invalid config: unknown key rules.sun"),
        (
            {"policy": {"policy": "basic", "config": {"calibration_targets": ["pluto"]}}},
            "Invalid config: calibration_targets[0]",
        ),
        ({"policy": {"policy": "basic", "config": {"master_schedule": "../x"}}}, "Unknown master schedule '../x'"),
        ({"policy": {"preset": "nothing"}}, "Invalid preset. The policy dummy has no preset 'nothing'"),
        ({"policy": {"preset": 10**30}}, "Invalid preset. The policy dummy has no preset 1"),
        ({"policy": {"preset": 1.5}}, "Invalid preset, needs to be a name or an id"),
        ({"t0": "2022-01-02"}, "Invalid range, t0 is after t1"),
        ({"t1": "2023-01-01"}, "Invalid range, it is longer than 92 days"),
        ({"format": "xml"}, "Invalid format. There are: commands, blocks, picture"),
        ({"format": None}, "Invalid format. There are: commands, blocks, picture"),
        ({"launch": "yes"}, "Invalid launch, needs to be true, or an object that says how"),
        ({"launch": 1}, "Invalid launch, needs to be true, or an object that says how"),
        ({"launch": True, "format": "picture"}, "A launch answers no picture"),
        ({"polcy": {}}, "Unknown field 'polcy'. There are format, launch, policy, t0, t1"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, Any], message: str) -> None:
    status, said = told(ask(**changes))
    assert status == 400
    assert said.startswith(message)


def test_a_policy_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    assert told(ask(policy={"policy": "x"})) == (400, f"{SUPPORTED}['dummy', 'basic']")


def test_fields_that_are_missing_are_told_in_their_order_and_before_all_else() -> None:
    body: dict[str, Any] = {"policy": 5, "unknown": 1}
    for name in ("t0", "t1"):
        assert told(factories.nobody().post(PATH, body)) == (400, f"Missing {name} field")
        body[name] = "x"
    del body["policy"]
    assert told(factories.nobody().post(PATH, body)) == (400, "Missing policy field")


@pytest.mark.parametrize(
    ("method", "body", "kind", "status"),
    [
        ("POST", "", "application/json", 400),
        ("POST", "{", "application/json", 400),
        ("POST", "<xml/>", "application/json", 400),
        ("POST", "[]", "application/json", 400),
        ("POST", '"text"', "application/json", 400),
        ("POST", '{"t0": "\\u0000"}', "application/json", 400),
        ("POST", json.dumps(ASKED), "text/plain", 415),
        ("POST", "t0=1", "application/x-www-form-urlencoded", 415),
        ("POST", '"' + "x" * 1024**2 + '"', "application/json", 413),
        ("GET", "", "application/json", 405),
        ("PUT", json.dumps(ASKED), "application/json", 405),
        ("DELETE", "", "application/json", 405),
    ],
)
@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
def test_it_answers_json_whatever_is_sent(path: str, method: str, body: str, kind: str, status: int) -> None:
    answer = factories.nobody().generic(method, path, body, content_type=kind, HTTP_ACCEPT="text/html")
    found, message = told(answer)
    assert found == status
    assert message


def test_a_policy_that_fails_by_its_own_fault_is_told_by_an_id_that_is_in_the_log(policies: Any, caplog: Any) -> None:
    policies("broken", lambda config, t0, t1, now: 1 / 0)
    with caplog.at_level(logging.ERROR):
        status, message = told(ask(policy={"policy": "broken"}))
    assert status == 500
    known = message.rpartition("id ")[2]
    assert len(known) == 32
    assert f"id {known}" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in message


@pytest.mark.parametrize("fault", [TimeoutError, SystemExit, RecursionError])
def test_whatever_a_policy_raises_is_its_own_fault(policies: Any, fault: type[BaseException]) -> None:
    def plan(config: Any, t0: Any, t1: Any, now: Any) -> Plan:
        raise fault

    policies("broken", plan)
    assert told(ask(policy={"policy": "broken"}))[0] == 500


def test_details_that_are_no_json_are_the_policys_own_fault(policies: Any) -> None:
    def plan(config: Any, t0: Any, t1: Any, now: Any) -> Plan:
        block = Block(name="x", start=t0, end=t1, kind="x", commands=(), details={"at": float("nan")})
        return Plan(blocks=[block])

    policies("broken", plan)
    assert told(ask(policy={"policy": "broken"}, format="blocks"))[0] == 500


# --- Bounds ---


def test_a_plan_that_takes_too_long_is_stopped_and_lets_others_go_on(policies: Any, settings: Any, monkeypatch: Any) -> None:
    ended = threading.Event()

    def plan(config: Any, t0: Any, t1: Any, now: Any) -> Plan:
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.set()

    policies("endless", plan)
    settings.PLAN_TIMEOUT = 0.2
    monkeypatch.setattr(planning, "_turns", threading.BoundedSemaphore(1))
    for _ in range(2):
        status, message = told(ask(policy={"policy": "endless"}))
        assert (status, message) == (503, "Planning took too long and was stopped. Ask for a shorter range.")
        assert ended.wait(5)
    settings.PLAN_TIMEOUT = 5
    assert ask().status_code == 200


def test_who_gets_no_turn_is_told(policies: Any, settings: Any, monkeypatch: Any) -> None:
    settings.PLAN_TIMEOUT = 0.1
    monkeypatch.setattr(planning, "_turns", threading.BoundedSemaphore(1))
    with planning._turns:
        assert told(ask()) == (503, "Too much is being planned at the moment. Try again shortly.")
    assert ask().status_code == 200


def test_who_asks_too_often_is_told(settings: Any) -> None:
    settings.PLAN_LIMIT = 2
    client = factories.client(scopes=["read"])
    statuses = [client.post(PATH, ASKED).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert factories.client().post(PATH, ASKED).status_code == 200


# --- Who may ---


def test_without_a_token_it_plans_where_the_settings_say_so(settings: Any) -> None:
    assert ask().status_code == 200
    settings.OPEN_PLANNING = False
    assert told(ask())[0] == 401
    assert factories.client(scopes=["read"]).post(PATH, ASKED).status_code == 200


def test_a_token_is_looked_at_even_where_none_is_needed() -> None:
    assert told(factories.nobody().post(PATH, ASKED, headers={"Authorization": "Token wrong"}))[0] == 401
    assert told(factories.client(scopes=["report"]).post(PATH, ASKED))[0] == 403


def test_pages_of_other_origins_may_ask_where_the_settings_name_them(settings: Any) -> None:
    def allowed(path: str = PATH) -> Any:
        answer = factories.nobody().post(path, ASKED, headers={"Origin": "https://web.example"})
        return answer.headers.get("Access-Control-Allow-Origin")

    assert allowed() is None
    settings.CORS_ALLOWED_ORIGINS = ["https://web.example"]
    assert allowed() == "https://web.example"
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_ALLOW_ALL_ORIGINS = [], True
    assert allowed() == "*"
    assert allowed("/admin/login/") is None
    asked = {"Origin": "https://web.example", "Access-Control-Request-Method": "POST"}
    assert factories.nobody().options(PATH, headers=asked).status_code == 200


def test_a_seed_makes_the_answer_the_same_each_time() -> None:
    policy = {"policy": "dummy", "config": {"seed": "tonight"}}
    assert len({ask(policy=policy).json()["commands"] for _ in range(3)}) == 1


def test_times_of_blocks_are_those_asked_for() -> None:
    noon = "2022-01-01T12:00+02:00"
    (block,) = ask(t0=noon, t1=noon, policy={"config": {"parts": 1}}, format="blocks").json()["blocks"]
    assert (block["start"], block["end"], block["details"]) == (*("2022-01-01T10:00:00Z",) * 2, {"seconds": 0.0})
