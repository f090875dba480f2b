"""`http`: a request to another system, whose answer is the result; the command is the URL.

`configs`: `method` (GET), `headers`, `body` (text as it is, all else as JSON), `expected_status` (2xx unless told: 200, "2xx"
or a list of such), `timeout` in seconds. URL, headers and body may hold templates; with `auto_report` off the system that is
called reports to `{{ report_url }}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

import outbound
from api.parsers import loads
from dags.drivers import DriverSpec
from dags.errors import InvalidTask
from jobs.requesting.redaction import Redactor, secrets_in
from outbound import Answer, OutboundError
from outbound.asking import METHODS
from runs.logs import LogWriter
from scheduler import report_keys, values
from scheduler.callables import calling
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.work import Outcome, Work, failed, not_started, succeeded

TIMEOUT = 300.0  # seconds, where neither the task nor its configs say any
MAX_TIMEOUT = 30 * 24 * 3600.0
MARGIN = 1.0  # seconds by which a task's own timeout comes first: its word is the plainer one
WELL = "2xx"
KEPT = (
    *("content-type", "content-language", "date", "last-modified", "etag", "expires", "link", "location", "retry-after"),
    *("x-request-id", "x-correlation-id"),
)
_STATUS = re.compile(r"[1-5](\d\d|xx)")


# --- How its tasks are written ---


def _check(command: str, configs: Mapping[str, Any]) -> None:
    _check_method(configs.get("method", "GET"))
    _check_headers(configs.get("headers", {}))
    _check_timeout(configs.get("timeout", TIMEOUT))
    _expected(configs)
    templates.check({"url": command}, names=templates.OUTSIDE, field="command")
    templates.check(configs, names=templates.OUTSIDE)
    if not templates.has_any(command):
        _accept(lambda: outbound.check(command.strip()), field="command")


def _check_method(method: Any) -> None:
    if not isinstance(method, str) or method not in METHODS:
        raise InvalidTask(f"method must be one of {', '.join(sorted(METHODS))}.", field="configs")


def _check_headers(headers: Any) -> None:
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise InvalidTask("headers must be an object whose values are text.", field="configs")
    plain = {name: "" if templates.has_any(value) else value for name, value in headers.items()}
    _accept(lambda: outbound.check_headers(plain), field="configs")


def _check_timeout(seconds: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MAX_TIMEOUT:
        raise InvalidTask(f"timeout must be a number of seconds, up to {MAX_TIMEOUT:.0f}.", field="configs")


def _accept(check: Callable[[], object], *, field: str) -> None:
    try:
        check()
    except OutboundError as error:
        raise InvalidTask(error.message, field=field) from None


def _expected(configs: Mapping[str, Any]) -> list[str]:
    """Return the statuses that are expected, such as 200 or 2xx; raise `InvalidTask` for what is none."""
    told = configs.get("expected_status", WELL)
    statuses = told if isinstance(told, list) else [told]
    if not statuses or not all(type(one) in (int, str) and _STATUS.fullmatch(str(one)) for one in statuses):
        raise InvalidTask('expected_status must be a status such as 200 or "2xx", or a list of such.', field="configs")
    return [str(one) for one in statuses]


SPEC = DriverSpec(
    name="http",
    configs_keys=frozenset({"method", "headers", "body", "expected_status", "timeout"}),
    templated=True,
    check=_check,
)


# --- How one is done ---


def run(work: Work, log: LogWriter, stop: Stop) -> Outcome:
    """Make the request; what is answered is the result."""
    url, body = work.command.strip(), work.configs.get("body")
    headers = {name: values.as_text(value) for name, value in work.configs.get("headers", {}).items()}
    redact = Redactor(*secrets_in(url, headers, body))
    if work.report_key:
        redact.learn(report_keys.url(work.report_key), work.report_key)

    def ended(answer: Answer | OutboundError) -> Outcome:
        if isinstance(answer, OutboundError):
            return not_started(redact(answer.message), permanent=isinstance(answer, outbound.Refused))
        log.note(f"{work.configs.get('method', 'GET')} answered {answer.status}, {answer.size} bytes in {answer.elapsed:.3f} s")
        return _judged(answer, work.configs, redact)

    return calling.call(_answer, (work, url, headers, body), {}, ended=ended, work=work, log=log, stop=stop)


def _answer(work: Work, url: str, headers: dict[str, str], body: Any) -> Answer | OutboundError:
    own = None if work.timeout is None else work.timeout + MARGIN
    timeout = work.configs.get("timeout", own or TIMEOUT)
    sent = {"content": body.encode()} if isinstance(body, str) else {"json": body}
    try:
        return outbound.request(
            work.configs.get("method", "GET"),
            url,
            headers=headers,
            timeout=timeout,
            silence=timeout,
            max_bytes=settings.MAX_RESULT,
            **sent,
        )
    except OutboundError as error:
        return error


def _judged(answer: Answer, configs: Mapping[str, Any], redact: Redactor) -> Outcome:
    """Return the outcome of an answer: it is a failure for good where nobody is going to report another end."""
    expected = _expected(configs)
    if {str(answer.status), f"{answer.status // 100}xx"}.isdisjoint(expected):
        said = f"answered {answer.status}, not {' or '.join(expected)}"
        told = failed(said, status=answer.status, answer=redact.excerpt(values.storable(answer.text)))
        return Outcome(state=told.state, errors=told.errors, final=True)
    kept = {name: values.storable(answer.headers[name]) for name in KEPT if name in answer.headers}
    try:
        return succeeded(values.normalized({"status": answer.status, "headers": kept, **_content(answer)}))
    except ValueError as error:
        return failed(f"the answer cannot be stored: {error}")


def _content(answer: Answer) -> dict[str, Any]:
    """Return the body as `json` where it says that it is, and is; else as `text`."""
    if "json" in answer.headers.get("content-type", ""):
        try:
            return {"json": loads(answer.content)}
        except (ValueError, RecursionError):
            pass
    return {"text": values.storable(answer.text)}
