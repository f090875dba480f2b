"""What must be secret before anyone is served."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def require_secret_key() -> None:
    """Refuse to serve with the key that stands in the source; management commands may do without one."""
    if settings.SECRET_KEY == settings.NO_SECRET_KEY:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(40))'"
        )
