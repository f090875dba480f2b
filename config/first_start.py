"""The first start: an administrator and a token, written to a file that only its owner reads."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from knox.crypto import hash_token

from api.models import Token


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """How to reach this service as its administrator."""

    url: str
    username: str
    password: str
    token: str


def ensure_credentials(file: Path, url: str) -> tuple[Credentials, bool]:
    """Return the credentials that `file` holds and False; where there are none that work, make new ones and return True."""
    kept = _read(file)
    if kept is not None and Token.objects.filter(digest=hash_token(kept.token)).exists():
        if kept.url != url:
            kept = replace(kept, url=url)
            _write(file, kept)
        return kept, False
    made = _create(url)
    _write(file, made)
    return made, True


@transaction.atomic
def _create(url: str) -> Credentials:
    password = secrets.token_urlsafe(12)
    user = User.objects.create_superuser(_free_name(), password=password)
    _, token = Token.objects.create(user=user, name="first start")
    return Credentials(url=url, username=user.get_username(), password=password, token=token)


def _free_name() -> str:
    """Return a name nobody has: an admin of a database that others use too stays untouched."""
    taken = User.objects.filter(username="admin").exists()
    return f"admin-{secrets.token_hex(3)}" if taken else "admin"


def _read(file: Path) -> Credentials | None:
    try:
        return Credentials(**json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write(file: Path, credentials: Credentials) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(credentials), indent=2) + "\n")
    draft.replace(file)
