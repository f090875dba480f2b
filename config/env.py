"""Typed readers of environment variables; each fails loudly, naming the variable."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable, or `default` when it is not set."""
    return os.environ.get(name, default)


def boolean(name: str, default: bool) -> bool:
    """Return the variable read as yes or no."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """Return the variable read as a whole number of at least `minimum`."""
    value = os.environ.get(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {number}.")
    return number


def seconds(name: str, default: float) -> float:
    """Return the variable read as a positive number of seconds."""
    value = os.environ.get(name, str(default))
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, not {value!r}.") from None
    if number <= 0:
        raise ImproperlyConfigured(f"{name} must be more than 0 seconds, not {value!r}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """Return the variable split at commas, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def pairs(name: str) -> dict[str, str]:
    """Return the variable read as `key=value`, many of them separated by commas."""
    found = [word.partition("=") for word in words(name)]
    if not all(key and equals for key, equals, _ in found):
        raise ImproperlyConfigured(f"{name} must be key=value,key=value, not {os.environ[name]!r}.")
    told = {key.strip(): value.strip() for key, _, value in found}
    if len(told) < len(found):
        raise ImproperlyConfigured(f"{name} must name each key once, not {os.environ[name]!r}.")
    return told


def path(name: str, default: Path) -> Path:
    """Return the variable as an absolute path."""
    return Path(os.environ.get(name, str(default))).expanduser().resolve()


def database(name: str) -> dict[str, object]:
    """Return Django's DATABASES entry for the PostgreSQL URL in the variable.

    A socket directory may stand in the query: `postgresql://user:pw@/name?host=/run/pg`.
    """
    url = urlsplit(os.environ.get(name, "postgresql://localhost/celeriac"))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://; only PostgreSQL is supported.")
    options = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")) or "celeriac",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", unquote(url.hostname or "")),
        "PORT": options.pop("port", str(url.port or "")),
        "OPTIONS": options,
    }
