"""HTTP tasks: a request to another system, whose answer is the result; the command is the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celeriac.local.commands import as_text
from celeriac.local.work import Outcome, Work, failed, succeeded

if TYPE_CHECKING:
    import httpx

TIMEOUT = 300.0  # seconds, where neither the task nor its configs say any
WELL = "2xx"
EXCERPT = 2000  # characters of an answer that was not expected


def request(work: Work) -> Outcome:
    """Make the request; unlike the service, which reaches the public internet alone, to any address."""
    import httpx

    configs, body = work.configs, work.configs.get("body")
    headers = {name: as_text(value) for name, value in configs.get("headers", {}).items()}
    content: dict[str, Any] = {"content": body.encode()} if isinstance(body, str) else {"json": body}
    timeout = configs.get("timeout", work.timeout or TIMEOUT)
    try:
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            method = configs.get("method", "GET")
            answer = client.request(method, work.command.strip(), headers=headers, **({} if body is None else content))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return failed(f"cannot be asked: {str(error) or type(error).__name__}")
    work.say(f"{answer.request.method} answered {answer.status_code}, {len(answer.content)} bytes\n")
    return _judged(answer, configs)


def _judged(answer: httpx.Response, configs: Mapping[str, Any]) -> Outcome:
    told = configs.get("expected_status", WELL)
    expected = [str(one) for one in (told if isinstance(told, list) else [told])]
    status = answer.status_code
    if {str(status), f"{status // 100}xx"}.isdisjoint(expected):
        return failed(f"answered {status}, not {' or '.join(expected)}", status=status, answer=answer.text[:EXCERPT])
    return succeeded({"status": status, "headers": dict(answer.headers), **_content(answer)})


def _content(answer: httpx.Response) -> dict[str, Any]:
    if "json" in answer.headers.get("content-type", ""):
        try:
            return {"json": answer.json()}
        except ValueError:
            pass
    return {"text": answer.text}
