"""`celeriac logout`: forget the saved login."""

from __future__ import annotations

from celeriac.cli import group, screen
from celeriac.cli.options import AsJson
from celeriac.client import forget_login, login_file

app = group.new()


@app.command()
def logout(*, as_json: AsJson = False) -> None:
    """Delete the saved login from this machine; the token itself goes on until it is revoked."""
    forgotten = forget_login()
    if as_json:
        screen.as_json({"forgotten": forgotten})
    else:
        screen.tell(f"Deleted {login_file()}." if forgotten else "No login is saved.")
