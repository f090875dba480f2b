"""What a project's schema and role are called, and the role's password. Nothing of it is stored."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from jobs.warehouse import places

MAX_NAME = 63  # bytes of a PostgreSQL identifier


def schema_of(project_id: int) -> str:
    """Return the name of the project's schema."""
    return f"warehouse_{project_id}"


def role_of(project_id: int) -> str:
    """Return the name of the project's role.

    Roles belong to a whole server: the name of the database tells those of two services on one server apart.
    """
    suffix = f"_{schema_of(project_id)}"
    return clipped(places.service()["dbname"], MAX_NAME - len(suffix)) + suffix


def password_of(project_id: int) -> str:
    """Return the role's password: it follows from SECRET_KEY, and a new key makes a new one."""
    return salted_hmac("jobs.warehouse", role_of(project_id), algorithm="sha256").hexdigest()


def clipped(text: str, limit: int) -> str:
    """Return as much of a text as fits into so many bytes."""
    return text.encode()[:limit].decode(errors="ignore")
