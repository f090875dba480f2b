"""What narrows a list of the console: a text that is looked for, states and the like, and what links to it have added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpRequest

from console import states


class Narrowing(forms.Form):
    """What a list can be asked; `{% narrow %}` shows `asked` as fields, and keeps what else its address narrows it by."""

    asked: ClassVar[Sequence[str]] = ("q", "state")
    kept: ClassVar[Sequence[str]] = ("project",)

    def __init__(self, request: HttpRequest) -> None:
        """Read the address; fields are named by scripts and tests as the address names them."""
        super().__init__(request.GET, auto_id="%s")

    def shown(self) -> list[BoundField]:
        """Return the fields that one fills in."""
        return [self[name] for name in self.asked]

    def hidden(self) -> list[tuple[str, Any]]:
        """Return what the next question goes on being narrowed by."""
        return [(name, told) for name in self.kept if (told := self.cleaned_data.get(name))]


def text(label: str) -> forms.CharField:
    """Return the field of a text that is looked for; what in is its label."""
    return forms.CharField(required=False, max_length=200, label=label, widget=forms.SearchInput({"placeholder": label}))


def choice(label: str, every: str, choices: Iterable[tuple[str, str]]) -> forms.ChoiceField:
    """Return the field of one of several things, or of `every` one of them."""
    return forms.ChoiceField(required=False, label=label, choices=[("", every), *choices])


def in_words(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return states with their words."""
    return [(value, states.look(value).word) for value in values]
