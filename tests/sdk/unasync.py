"""The synchronous client is the asynchronous one with its waiting taken out: `python -m tests.sdk.unasync` writes it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "celeriac" / "client"
SOURCE, TARGET = CLIENT / "asynchronous", CLIENT / "synchronous"

_CHANGES = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"__a(enter|exit)__", r"__\1__"),
    (r"\ba(close|read|iter_bytes)\b", r"\1"),
    (r"asyncio\.sleep", "time.sleep"),
    (r"import asyncio\b", "import time"),
    (r"httpx\.AsyncBaseTransport", "httpx.BaseTransport"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"client\.asynchronous", "client.synchronous"),
    (r"several tasks", "several threads"),
]


def synchronous(text: str) -> str:
    """Return the source of a module with its waiting taken out."""
    for pattern, replacement in _CHANGES:
        text = re.sub(pattern, replacement, text)
    ruff = Path(sys.executable).with_name("ruff")
    for step in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        command = [str(ruff), *step, "--stdin-filename", str(TARGET / "module.py"), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


def write() -> None:
    """Write every module of the synchronous client."""
    for file in SOURCE.glob("*.py"):
        (TARGET / file.name).write_text(synchronous(file.read_text()))


if __name__ == "__main__":
    write()
