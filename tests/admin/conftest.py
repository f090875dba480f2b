"""Staff of several ranks, signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def boss(db: None) -> Client:
    """A client of someone who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """Return what makes a client of someone with these permissions alone, by code name."""

    def hire(*permissions: str) -> Client:
        user = User.objects.create_user(f"staff {User.objects.count()}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return hire
