"""People who are signed in to the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dags.models import Project
from tests import factories


@pytest.fixture
def boss(db: None, django_user_model: Any) -> Client:
    """A client of someone who may do everything."""
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("boss"))
    return client


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """Return what makes a client of someone with a role in projects, or with none in any."""

    def sign_in(role: str | None, *of: Project) -> Client:
        client = Client()
        client.force_login(factories.member(role, *of))
        return client

    return sign_in
