"""Credentials: made once, kept, and made by command for others."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from config.first_start import ensure_credentials

URL = "http://127.0.0.1:8000"

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_the_first_start_makes_credentials_that_only_their_owner_reads(file: Path, client: Client) -> None:
    made, new = ensure_credentials(file, URL)
    assert new
    assert json.loads(file.read_text()) == {"url": URL, "username": "admin", "password": made.password, "token": made.token}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert client.login(username=made.username, password=made.password)


def test_the_next_start_keeps_them_and_tells_a_new_address(file: Path) -> None:
    made, _ = ensure_credentials(file, URL)
    kept, new = ensure_credentials(file, "http://127.0.0.1:8001")
    assert not new
    assert (kept.token, kept.password, kept.url) == (made.token, made.password, "http://127.0.0.1:8001")
    assert json.loads(file.read_text())["url"] == "http://127.0.0.1:8001"


@pytest.mark.parametrize("left", ["", "{", "[]", '{"url": "x"}'])
def test_a_file_that_makes_no_sense_is_replaced(file: Path, left: str) -> None:
    file.write_text(left)
    made, new = ensure_credentials(file, URL)
    assert new
    assert json.loads(file.read_text())["token"] == made.token


def test_an_admin_of_somebody_elses_stays_untouched(file: Path) -> None:
    before = User.objects.create_superuser("admin", password="theirs")
    made, _ = ensure_credentials(file, URL)
    assert made.username.startswith("admin-")
    before.refresh_from_db()
    assert before.check_password("theirs")


def test_a_token_made_by_command_does_what_its_scopes_say(client: Client) -> None:
    User.objects.create_user("scraper")
    printed = io.StringIO()
    call_command("create_token", "scraper", "--scope", "report", stdout=printed)
    headers = {"Authorization": f"Token {printed.getvalue().strip()}"}
    assert client.get("/metrics", headers=headers).status_code == 403


def test_a_token_for_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("create_token", "nobody")
