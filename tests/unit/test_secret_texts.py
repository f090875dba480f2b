"""Secrets at rest."""

from __future__ import annotations

import pytest
from django.test import override_settings

from api.secret_texts import Unreadable, seal, unseal


def test_what_is_sealed_can_be_read_and_does_not_show() -> None:
    sealed = seal("whsec_schön")
    assert "whsec" not in sealed
    assert unseal(sealed) == "whsec_schön"
    assert seal("a") != seal("a")


def test_another_key_reads_nothing_unless_it_names_the_old_one() -> None:
    with override_settings(SECRET_KEY="old"):
        sealed = seal("a")
    with override_settings(SECRET_KEY="new"), pytest.raises(Unreadable):
        unseal(sealed)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert unseal(sealed) == "a"


@pytest.mark.parametrize("junk", ["", "abc", "gAAAAABm", "ä"])
def test_junk_is_told_so(junk: str) -> None:
    with pytest.raises(Unreadable):
        unseal(junk)
