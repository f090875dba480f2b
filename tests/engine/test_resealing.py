"""A new SECRET_KEY: what the old one sealed is sealed anew, so that the old one can go."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import override_settings

from api.sealed_fields import SealedField
from api.secret_texts import seal, unseal
from config.resealing import SEALED
from dags.models import Project
from jobs.models import Api, Connector
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def test_every_secret_is_sealed_anew(capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.objects.create(name="p")
    with override_settings(SECRET_KEY="old"):
        Connector.objects.create(project=project, kind="connector", name="a", secret="one")
        Api.objects.create(project=project, kind="api", name="b", table="b", secret="")
        Notification.objects.create(
            project=project, name="c", events=["failure"], channel="webhook", url="https://a.example/", secret=seal("two")
        )
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        call_command("reseal")
    assert capsys.readouterr().out == "2 sealed anew\n"
    with override_settings(SECRET_KEY="new"):
        assert Connector.objects.get().secret.open() == "one"
        assert unseal(Notification.objects.get().secret) == "two"
        assert not Api.objects.get().secret


def test_a_key_that_is_missing_is_told_so() -> None:
    with override_settings(SECRET_KEY="old"):
        Connector.objects.create(project=Project.objects.create(name="p"), kind="connector", name="a", secret="one")
    with override_settings(SECRET_KEY="new"), pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("reseal")


def test_no_sealed_field_is_forgotten() -> None:
    fields = {
        (model, field.name) for model in apps.get_models() for field in model._meta.fields if isinstance(field, SealedField)
    }
    assert fields <= set(SEALED)
