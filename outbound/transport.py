"""httpx over a guarded network, and what its errors and httpcore's mean here."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import cast

import httpcore
import httpx

from outbound import targets
from outbound.errors import Garbled, OutboundError, TimedOut, Unreachable
from outbound.network import Deadline, GuardedNetwork


class GuardedTransport(httpx.BaseTransport):
    """Judge each request's URL, and each connection it takes.

    httpx's own transport has no place for a network of ours in its public interface; with that of httpcore, a release that
    moves things fails loudly instead of leaving the guard out.
    """

    def __init__(self, allow: Iterable[str] | None, deadline: Deadline) -> None:
        self._allow = None if allow is None else tuple(allow)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=GuardedNetwork(targets.allowed_by(self._allow), deadline)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its answer's body has not been read yet."""
        targets.check(request.url, allow=self._allow)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def told(where: str) -> Iterator[None]:
    """Say what an error of the libraries means, naming `where` the request went to."""
    try:
        yield
    except OutboundError:
        raise
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise TimedOut(f"{where} did not answer in time.") from error
    except (httpcore.RemoteProtocolError, httpx.RemoteProtocolError, httpx.InvalidURL) as error:
        raise Garbled(f"{where} gave no valid HTTP answer.") from error
    except (httpcore.ConnectError, httpx.ConnectError) as error:
        reason = error.args[0] if error.args else None
        if isinstance(reason, ssl.SSLError):
            raise Unreachable(f"{where} could not show that it is who it should be: {_why(reason)}.") from error
        raise Unreachable(f"{where} takes no connection.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError) as error:
        raise Unreachable(f"{where} broke the connection.") from error


def _why(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "no TLS").replace("_", " ").lower()


@cache
def _tls() -> ssl.SSLContext:
    """Return the context of all connections; SSL_CERT_FILE and SSL_CERT_DIR name an operator's own authorities."""
    return httpx.create_ssl_context(trust_env=True)
