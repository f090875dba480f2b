"""The two clients are one."""

from tests.sdk import unasync


def test_the_synchronous_client_is_the_asynchronous_one() -> None:
    stale = [
        file.name
        for file in unasync.SOURCE.glob("*.py")
        if (unasync.TARGET / file.name).read_text() != unasync.synchronous(file.read_text())
    ]
    assert stale == [], "Write it anew: python -m tests.sdk.unasync"
    assert {file.name for file in unasync.SOURCE.glob("*.py")} == {file.name for file in unasync.TARGET.glob("*.py")}
