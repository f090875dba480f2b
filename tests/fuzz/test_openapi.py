"""The OpenAPI document, taken at its word: whatever it allows is answered as it says, and what it forbids is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests import factories
from tests.access.worlds import World, world

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))  # of each operation

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
    r"|^Must be in the future"
    r"|^\.\.\. and \d+ more$"  # of these
)

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


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_the_document_says(case: Any, something: World) -> None:
    with transaction.atomic():
        for name, value in case.path_parameters.items():
            if isinstance(value, int) and value % 2:  # every other one there is, since hardly any other would be
                case.path_parameters[name] = something.id_for(kind_of(case.operation.path))
        headers = {"Authorization": f"Token {factories.client().token}"}
        response = case.call(headers=headers)
        excused = [positive_data_acceptance] if is_beyond_schema(response) else []
        if case.operation.path == "/health/ready/":  # sees with its own eyes that no worker runs
            excused.append(not_a_server_error)
        case.validate_response(response, headers=headers, excluded_checks=excused)
        transaction.set_rollback(True)


def kind_of(path: str) -> str:
    """Return the kind of object that a path such as /scheduler/dag/{graph_id}/ addresses."""
    return "execution-task" if path.startswith("/scheduler/execution/tasks/") else path.split("/")[2]


def is_beyond_schema(response: Any) -> bool:
    """Tell whether a refusal is, in each of its messages, about what the document cannot say."""
    if response.status_code != 400:
        return False
    told = response.json()
    messages = [told["detail"]] if "detail" in told else [message for field in told.values() for message in field]
    return all(BEYOND_SCHEMA.search(message) for message in messages)
