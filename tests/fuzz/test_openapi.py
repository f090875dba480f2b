"""The OpenAPI document, taken at its word: whatever it allows is answered as it says, and what it forbids is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jobs.doors import KINDS
from runs import compiled
from tests import factories
from tests.access.worlds import World, world

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))  # of each operation
DETERMINISTIC = "FUZZ_EXAMPLES" not in os.environ  # the suite asks the same each time; whoever wants more, wants other ones
STEPS = 8  # of a sequence

pytestmark = pytest.mark.django_db

# What the document cannot say, so that a request it allows may be refused with these words, and with no others.
BEYOND_SCHEMA = re.compile(
    r"does not exist"  # an id or a name of something that is there
    r"|(^|: )Unknown (callable|driver) "  # what this very service knows of: apps and drivers add to it
    r"|(^|: )Unknown key .*; the driver "  # what configs may hold depends on the driver
    r"|(^|: )A task of the driver \w+ needs a command|(^|: )The command (names no program|cannot be split)"
    r"|(^|: )\d means \w+, but driver says"  # two views of one field
    r"|cannot be called like this"  # a callable's own signature
    r"|^The key .* occurs twice|make a cycle|self-edge|duplicate|no task .* in this graph"  # what a graph is as a whole
    r"|(^|: )This field may not be blank"  # blanks alone: no two languages agree on what they are
    r"|^Must be in the future|^Out of range|^Datetime value out of range"  # of what can be told in UTC
    r"|^Needed beside tasks"  # OpenAPI 3.0 has no dependentRequired
    r"|stays in its graph|^This cannot be changed|these belong to different ones"  # what it was before
    r"|is a member of this project already|with this name already|has a task with the key"  # what others are
    r"|schedule with this name"
    r"|^Give (5 fields|one of|a time from)|cron expression|^Bad .* give |never (fires|due)|is no date"  # when it is due
    r"|^Unknown time zone|^The end is before|^This (has passed|is (before|after) the)|^Say in which"
    r"|^Say (after how|what |where )|^(Mails|Webhooks) have|^Mail cannot be sent|^Name at least|is of another project"
    r"|^Invalid (date|range|policy|preset|config)|^There is no such policy|draws no picture|^A launch answers no picture"
    r"|^The sun and the planets|^Unknown master schedule"  # what a policy finds
    r"|preset of this policy with this name|^There (is nothing|are more than \d+ blocks) to launch"
    r"|notification of this name|public internet|^An address |^There is no port|^Port \d+ is not|proper address"
    r"|^\.\.\. and \d+ more$"  # of these
)

# What the kind of a job judges by itself: SQL, addresses, paths into answers, and what goes together.
JUDGED_BY_KINDS = {
    *("sql", "source", "format", "tab", "cell_range", "delimiter", "encoding"),
    *("method", "url", "headers", "query", "body", "auth", "auth_config", "secret", "timeout"),
    *("start", "finish", "status_url", "id_path", "state_path", "done_values", "failed_values", "synced_path"),
    *("failed_path", "paused_path", "fresh", "timezone", "poll_interval", "max_polls", "tables"),
    *("rows_path", "flatten", "paging", "next_path", "page_param", "first_page", "size_param", "page_size"),
    *("max_pages", "max_rows", "max_bytes", "time_limit"),
}

schema = schemathesis.openapi.from_wsgi(
    "/api/schema/?format=json",
    get_wsgi_application(),
    # That no text anywhere, be it a key, holds NUL is no JSON Schema's to say; `test_json.py` holds it.
    config=SchemathesisConfig.from_dict({"generation": {"allow-x00": False}}),
)


@pytest.fixture(autouse=True)
def connection_stays() -> Iterator[None]:
    """Keep the end of a request from closing the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def something(db: None, settings: Any) -> World:
    """Return a project with something of each kind, and a worker."""
    settings.FAILURE_LIMIT = settings.REPORT_LIMIT = 10**9
    factories.worker()
    return world("fuzzed")


@pytest.fixture
def headers(something: World) -> dict[str, str]:
    """Return what tells the service of someone who may do everything."""
    return {"Authorization": f"Token {factories.client().token}"}


@pytest.fixture
def undo(something: World, headers: dict[str, str]) -> Callable[[], None]:
    """Return what takes back all that requests have done: to one savepoint again and again, which is cheaper than one each."""
    point = transaction.savepoint()

    def go_back() -> None:
        transaction.set_rollback(False)
        transaction.savepoint_rollback(point)

    return go_back


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=DETERMINISTIC, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_the_document_says(
    case: Any, something: World, headers: dict[str, str], undo: Callable[[], None]
) -> None:
    for name, value in case.path_parameters.items():
        if isinstance(value, int) and value % 2:  # every other one there is, since hardly any other would be
            case.path_parameters[name] = something.id_for(kind_of(case.operation.path))
    try:
        response = case.call(headers=headers)
        case.validate_response(response, headers=headers, excluded_checks=excused(case, response))
    finally:
        undo()


def excused(case: Any, response: Any) -> list[Any]:
    """Return the checks that say nothing about this answer."""
    checks: list[Any] = [positive_data_acceptance] if is_beyond_schema(case, response) else []
    if case.operation.path == "/health/ready/":  # sees with its own eyes that no worker runs
        checks.append(not_a_server_error)
    return checks


def kind_of(path: str) -> str:
    """Return the kind of object that a path such as /scheduler/dag/{graph_id}/ addresses."""
    if path.startswith("/scheduler/execution/tasks/"):
        return "execution-task"
    _, _, kind, second, *_ = path.split("/")
    return f"job-{second}" if kind == "job" and second in KINDS else kind


def is_beyond_schema(case: Any, response: Any) -> bool:
    """Tell whether a refusal is, in each of its messages, about what the document cannot say."""
    if response.status_code != 400:
        return False
    told = response.json()
    if "errors" in told:  # what a job spec holds is for its own checks to say, each fault with its path
        return all(error.keys() == {"path", "message"} for error in told["errors"])
    if case.operation.path.startswith("/scheduler/job/"):
        told = {field: messages for field, messages in told.items() if field not in JUDGED_BY_KINDS}
    messages = [told["detail"]] if "detail" in told else [message for field in told.values() for message in field]
    return all(BEYOND_SCHEMA.search(message) for message in messages)


def test_sequences_of_operations_do_too(headers: dict[str, str], undo: Callable[[], None]) -> None:
    """What one answer names is used by the next request: created, read, changed, deleted, and asked for again."""

    class Sequences(schema.as_state_machine()):  # type: ignore[misc]  # a class of its own for each document
        def setup(self) -> None:
            begin_ids_anew()

        def teardown(self) -> None:
            undo()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            case.validate_response(response, excluded_checks=excused(case, response), transport_kwargs=kwargs, **kwargs)

    Sequences.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=DETERMINISTIC,
            suppress_health_check=list(HealthCheck),
        )
    )


def begin_ids_anew() -> None:
    """Give what is created the same ids each time: the next request depends on them."""
    compiled._cache.clear()  # knows what had these ids the last time
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000) FROM pg_sequences "
            "WHERE schemaname = 'public'"
        )
