"""Where the service is and with which token: told, in the environment, saved by a login, or of the service on this machine.

1. what the caller gives; 2. `CELERIAC_URL` and `CELERIAC_TOKEN`; 3. the login saved by `celeriac login`; 4. the
`credentials.json` that `make up` leaves in `CELERIAC_HOME`, or in `var/` here or in a folder above.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from celeriac.client.errors import CannotConnect, NoService

HINT = "Run `celeriac up` or `make up` to start one here, `celeriac login` to name one, or set CELERIAC_URL and CELERIAC_TOKEN."


@dataclass(frozen=True)
class Place:
    """A service's address, a token for it, and `source`: who said so."""

    url: str
    token: str | None
    source: str

    @property
    def is_here(self) -> bool:
        """Tell whether it runs on this machine: no proxy leads there."""
        return urlsplit(self.url).hostname in {"localhost", "127.0.0.1", "::1"}


def find(url: str | None = None, token: str | None = None, environment: Mapping[str, str] = os.environ) -> Place:
    """Return where the service is; raise `NoService` where nothing says so.

    A token given without an address goes with the address that is found. An address given without a token gets one that
    was kept for this very address, and no other: a token never goes to a service that it was not made for.
    """
    given_url, given_token = url or environment.get("CELERIAC_URL"), token or environment.get("CELERIAC_TOKEN")
    kept = _kept(environment)
    if given_url:
        address = checked(given_url)
        fitting = (place.token for place in kept if place.url == address)
        return Place(address, given_token or next(fitting, None), "given" if url else "CELERIAC_URL")
    place = next(kept, None)
    if place is None:
        raise NoService(f"Nothing says where the service is. {HINT}")
    return Place(place.url, given_token or place.token, place.source)


def checked(url: str) -> str:
    """Return an address without its last slash; raise `CannotConnect` for what is none."""
    try:
        parts = urlsplit(url.strip())
        sane = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sane = False
    if not sane:
        raise CannotConnect(f"{url!r} is not the address of a service: it reads like http://127.0.0.1:8000.")
    return url.strip().rstrip("/")


def save_login(url: str, token: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Keep a login where only this user reads it; return the file."""
    file = login_file(environment)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"url": checked(url), "token": token}, indent=2) + "\n", encoding="utf-8")
    draft.replace(file)
    return file


def forget_login(environment: Mapping[str, str] = os.environ) -> bool:
    """Delete the saved login; tell whether there was one."""
    file = login_file(environment)
    there = file.exists()
    file.unlink(missing_ok=True)
    return there


def login_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a login is saved."""
    if sys.platform == "win32":
        folder = environment.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    else:
        folder = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "celeriac" / "login.json"


def _kept(environment: Mapping[str, str]) -> Iterator[Place]:
    """Yield the places that files tell of, the nearest to the user's will first."""
    home = environment.get("CELERIAC_HOME")
    here = Path.cwd()
    local = [Path(home)] if home else [folder / "var" for folder in (here, *here.parents)]
    for file in (login_file(environment), *(folder / "credentials.json" for folder in local)):
        place = _read(file)
        if place is not None:
            yield place


def _read(file: Path) -> Place | None:
    try:
        if hasattr(os, "getuid") and file.stat().st_uid != os.getuid():
            return None  # somebody else would say where our jobs go
        told = json.loads(file.read_text(encoding="utf-8"))
        return Place(checked(told["url"]), str(told["token"]), str(file))
    except (OSError, ValueError, TypeError, KeyError, CannotConnect):
        return None
