"""The requests of one attempt at running a job."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import outbound
from api.secret_texts import Unreadable
from jobs.models import Requesting
from jobs.requesting import faults
from jobs.requesting.auth import Proof, proof_of
from jobs.requesting.faults import Postponed, RequestFailed
from jobs.requesting.filling import PARAM, Unfillable, filled, filled_text, filled_url
from jobs.requesting.oauth2 import Credentials, Tokens
from jobs.requesting.parts import content_of, merged, with_query
from jobs.requesting.redaction import Redactor
from jobs.running import JobError, Running
from outbound import Answer

MAX_ANSWER = 10 * 1024**2  # bytes
PROOFS = 3  # times that a request is made, where the answer is that it has to prove more


class Client:
    """Makes a job's requests: placeholders filled, who it is proven, faults told without secrets.

    `seconds` bounds all of them together, `max_bytes` each answer.
    """

    def __init__(self, job: Requesting, running: Running, *, seconds: float | None = None, max_bytes: int = MAX_ANSWER) -> None:
        self._job, self._max_bytes, self._until = job, max_bytes, time.monotonic() + seconds if seconds else None
        self._seconds, self._attempt = seconds, running.attempt
        secret = _opened(job)
        self.redact = Redactor(secret, running.report_url, running.report_url.rstrip("/").rpartition("/")[2])
        self._values = values(running, secret)
        self._proof: Proof = proof_of(job, secret, lambda: self._tokens(secret))

    def own(self, *, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Make the request that the job describes, with more in its query and its headers."""
        job = self._job
        url = with_query(self._filled(filled_url, job.url), {**self._filled(filled, job.query), **(query or {})})
        body = self._filled(filled, job.body)
        sent = merged(headers or {}, self._headers())
        return self._answered(job.method, url, sent, content_of(body, sent))

    def get(self, url: str, more: Mapping[str, str] | None = None) -> Answer:
        """Read another URL with the job's headers; `more` fills placeholders that come of earlier answers."""
        return self.follow(self._filled(filled_url, url, more))

    def follow(self, url: str, *, query: Mapping[str, Any] | None = None) -> Answer:
        """Read a URL as it stands."""
        kept = {name: value for name, value in self._headers().items() if name.lower() != "content-type"}
        return self._answered("GET", with_query(url, query or {}), kept, None)

    def _headers(self) -> dict[str, str]:
        return {name: self._filled(filled_text, value) for name, value in self._job.headers.items()}

    def _filled(self, fill: Any, value: Any, more: Mapping[str, str] | None = None) -> Any:
        try:
            return fill(value, {**self._values, **(more or {})})
        except Unfillable as error:
            raise JobError(f"The request cannot be made: {error}.", permanent=True) from None

    def _answered(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> Answer:
        """Return an answer that says yes; raise `RequestFailed` or `Postponed`."""
        target = with_query(url, self._proof.query())
        for _ in range(PROOFS):
            answer = self._sent(method, target, merged(headers, self._proof.headers(method, target)), content)
            challenge = answer.headers.get("www-authenticate", "")
            if answer.status != HTTPStatus.UNAUTHORIZED or not self._proof.again(method, target, challenge):
                break
        if answer.ok:
            return answer
        raise self._fault(method, target, answer)

    def _sent(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        self.redact.learn(*(value.rpartition(" ")[2] for name, value in headers.items() if name.lower() == "authorization"))
        try:
            return outbound.request(
                method, url, headers=headers, content=content, timeout=self._timeout(), max_bytes=self._max_bytes
            )
        except outbound.OutboundError as error:
            self._timeout()  # raises when it is all of them together that take too long
            permanent = isinstance(error, outbound.Refused | outbound.TooLarge)
            raise RequestFailed(
                f"{method} {self.shown(url)} failed: {self.redact(error.message)}", permanent=permanent
            ) from None

    def _timeout(self) -> float:
        """Return the seconds that a request may take; raise `JobError` when there are none left."""
        if self._until is None:
            return self._job.timeout
        left = self._until - time.monotonic()
        if left <= 0:
            raise JobError(f"It has taken longer than the {self._seconds:g} s that it may take.")
        return min(self._job.timeout, left)

    def _fault(self, method: str, url: str, answer: Answer) -> Exception:
        said = f"{method} {self.shown(url)} answered {faults.phrase(answer.status)}"
        seconds = faults.pause(answer.status, answer.headers, now=datetime.now(UTC))
        if seconds is not None and self._attempt < faults.TRIES:
            return Postponed(f"{said}: asked again in {seconds:g} s", seconds)
        return RequestFailed(
            said,
            status=answer.status,
            permanent=faults.is_permanent(answer.status),
            answer=self.redact.excerpt(answer.text),
        )

    def shown(self, url: str) -> str:
        """Return a URL as it may be told."""
        return self.redact(url)

    def _tokens(self, secret: str) -> Tokens:
        config = self._job.auth_config
        credentials = Credentials(
            token_url=config["token_url"],
            client_id=config["client_id"],
            client_secret=secret,
            scope=config.get("scope", ""),
            audience=config.get("audience", ""),
            in_body=config.get("send", "basic") == "body",
        )
        return Tokens(credentials, self._token_answer, self.redact)

    def _token_answer(self, url: str, headers: Mapping[str, str], form: str) -> Answer:
        answer = self._sent("POST", url, headers, form.encode())
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._fault("POST", url, answer)
        return answer  # what else goes wrong it tells in its body


def _opened(job: Requesting) -> str:
    try:
        return str(job.secret.open())
    except Unreadable as error:
        raise JobError(error.message, permanent=True) from None


def values(running: Running, secret: str) -> dict[str, Any]:
    """Return what placeholders stand for in this attempt."""
    given = {
        "report_url": running.report_url,
        "run": running.identity,
        "scheduled_for": running.scheduled_for.isoformat() if running.scheduled_for else None,
        "secret": secret,
    }
    known = {name: value for name, value in given.items() if value}
    return known | {f"{PARAM}{name}": value for name, value in running.params.items()}
