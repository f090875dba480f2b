"""Who is asking: a hashed token, or the browser's session with CSRF."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from hmac import compare_digest
from typing import Any

from django.contrib.auth import get_user, get_user_model
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from api.models import Token


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """`Authorization: Token <token>`; one query, and an expired token is refused, not deleted."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Token]:
        """Return the token's user and the token, or answer 401."""
        try:
            text = token.decode("ascii")
        except UnicodeDecodeError:
            raise exceptions.AuthenticationFailed("Invalid token.") from None
        digest = hash_token(text)
        for known in _beginning_with(text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if compare_digest(digest, known.digest) and not (known.expiry and known.expiry < timezone.now()):
                return self.validate_user(known)  # type: ignore[no-any-return]
        raise exceptions.AuthenticationFailed("Invalid token.")


def _beginning_with(key: str) -> Iterator[Token]:
    """Yield the tokens that begin like this, each with its user."""
    names, user_names = ([field.attname for field in model._meta.concrete_fields] for model in (Token, get_user_model()))
    with connection.cursor() as cursor:
        cursor.execute(_look_up(), [key])
        rows = cursor.fetchall()
    for row in rows:
        token = Token.from_db(connection.alias, names, row[: len(names)])
        token.user = get_user_model().from_db(connection.alias, user_names, row[len(names) :])
        yield token


@functools.cache
def _look_up() -> str:
    """Return the query as the ORM writes it: each request would have it written anew, which takes longer than asking it."""
    return str(Token.objects.select_related("user").filter(token_key="").query.sql_with_params()[0])


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session; anonymous is 401, so that clients know to log in."""

    def authenticate_header(self, request: Any) -> str:
        return "Session"


def anew(request: Request) -> HttpRequest:
    """Return a request as if it came now: who asks is found out again, whatever has been known of them since it came."""
    again = copy.copy(request._request)
    again.session = type(again.session)(again.session.session_key)
    again.user = get_user(again)
    return again


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular types it not
    """Tell the OpenAPI document how a token is sent."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <token>"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # likewise
    """Tell the OpenAPI document about the browser's session."""

    target_class = "api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
