"""Fields whose text is encrypted at rest and shown to nobody."""

from __future__ import annotations

import pytest
from django.db import connection
from django.forms import modelform_factory

from api.sealed_fields import SealedField, Secret
from dags.models import Project
from jobs.models import Connector

pytestmark = pytest.mark.django_db


@pytest.fixture
def connector() -> Connector:
    project = Project.objects.create(name="p")
    return Connector.objects.create(project=project, kind="connector", name="crm", url="https://a.example/", secret="s3cret")


def test_what_is_assigned_is_sealed_at_once_and_stored_sealed(connector: Connector) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM jobs_connector")
        ((stored,),) = cursor.fetchall()
    found = Connector.objects.get()
    assert "s3cret" not in stored
    assert (found.secret.sealed, found.secret.open(), connector.secret.open()) == (stored, "s3cret", "s3cret")
    assert "s3cret" not in f"{connector.secret} {connector.secret!r} {connector.__dict__} {found.__dict__}"


def test_it_is_true_when_there_is_one(connector: Connector) -> None:
    assert connector.secret
    Connector.objects.update(secret="")
    found = Connector.objects.get()
    assert not found.secret
    assert found.secret.open() == ""


def test_saving_what_was_read_and_updating_keep_it_readable(connector: Connector) -> None:
    found = Connector.objects.defer("secret").get()
    found.name = "other"
    found.save()
    assert Connector.objects.get().secret.open() == "s3cret"
    Connector.objects.update(secret="another")
    assert Connector.objects.get().secret.open() == "another"
    Connector.objects.update(secret=Secret.of("third"))
    assert Connector.objects.get().secret.open() == "third"


def test_a_form_shows_nothing_of_it_and_leaves_it_when_nothing_is_typed(connector: Connector) -> None:
    form_class = modelform_factory(Connector, fields=["name", "secret"])
    shown = str(form_class(instance=connector))
    assert "s3cret" not in shown
    assert connector.secret.sealed not in shown
    assert form_class({"name": "b", "secret": ""}, instance=connector).save().secret.open() == "s3cret"
    assert form_class({"name": "b", "secret": "new"}, instance=connector).save().secret.open() == "new"


def test_a_dump_holds_it_sealed(connector: Connector) -> None:
    field = Connector._meta.get_field("secret")
    assert isinstance(field, SealedField)
    assert field.value_to_string(connector) == connector.secret.sealed
