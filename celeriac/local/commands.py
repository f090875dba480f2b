"""Shell lines and programs: started in a session of their own, heard while they run, ended with all they started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from celeriac.local.work import Outcome, Work, failed, succeeded

COMPLAINT = 4096  # characters of stderr told as the error
GRACE = 2.0  # seconds between TERM and KILL
POLL = 0.02  # seconds


def shell(work: Work) -> Outcome:
    """Run a line by /bin/sh; args are $1, $2, ..."""
    return _run(["/bin/sh", "-c", work.command, work.key, *_args(work)], work)


def program(work: Work) -> Outcome:
    """Run a program with its arguments, split like a shell would and given to none."""
    try:
        words = shlex.split(work.command)
    except ValueError as error:
        return failed(f"The command cannot be split into words: {error}.", permanent=True)
    return _run([*words, *_args(work)], work)


DRIVERS = {"shell": shell, "exec": program}


def _run(argv: Sequence[str], work: Work) -> Outcome:
    if not hasattr(os, "killpg"):
        return failed("cannot be started: commands of local runs need Unix; run the job through the service", permanent=True)
    cwd = as_text(work.configs.get("cwd")) or None
    try:
        process = subprocess.Popen(
            argv,
            env={**os.environ, **dict(_environment(work))},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return failed(f"cannot be started: {error}", permanent=True)
    heard: dict[str, list[str]] = {"out": [], "err": []}
    ears = [_listen(process.stdout, heard["out"], work), _listen(process.stderr, heard["err"], work)]
    stopped = _stopped(process, work)
    _end_all(process)
    for ear in ears:
        ear.join(GRACE)
    if stopped:
        return failed(stopped)
    return _outcome(process.returncode, "".join(heard["out"]), "".join(heard["err"]))


def _stopped(process: subprocess.Popen[bytes], work: Work) -> str | None:
    """Return once the process has ended, or why it has to."""
    deadline = time.monotonic() + work.timeout if work.timeout else None
    while process.poll() is None:
        if work.cancelled.is_set():
            return "cancelled"
        if deadline is not None and time.monotonic() >= deadline:
            return f"timed out after {work.timeout:g} s"
        time.sleep(POLL)
    return None


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End what lives of the session: the process, where it had to stop, and what it left in the background."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
            until = time.monotonic() + GRACE
            while time.monotonic() < until:
                process.poll()
                os.killpg(process.pid, 0)  # raises when nobody is left
                time.sleep(POLL)


def _listen(pipe: IO[bytes] | None, heard: list[str], work: Work) -> threading.Thread:
    def listen() -> None:
        for line in pipe or ():
            text = line.decode("utf-8", "replace")
            heard.append(text)
            work.say(text)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread


def _outcome(exit_code: int, out: str, err: str) -> Outcome:
    if exit_code == 0:
        return succeeded(out)
    facts: dict[str, Any] = {"exit_code": exit_code}
    told = f"exit code {exit_code}"
    if exit_code < 0:
        facts["signal"] = _signal_name(-exit_code)
        told = f"killed by {facts['signal']}"
    return failed(err[-COMPLAINT:].strip() or told, **facts)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _args(work: Work) -> list[str]:
    return [as_text(value) for value in work.configs.get("args", [])]


def _environment(work: Work) -> Iterator[tuple[str, str]]:
    yield from ((name, as_text(value)) for name, value in work.configs.get("env", {}).items())
    yield "SCHEDULER_ATTEMPT", str(work.attempt)
    yield "SCHEDULER_PARAMS", json.dumps(dict(work.params), ensure_ascii=False)
    scalars = {key: value for key, value in work.params.items() if not isinstance(value, dict | list)}
    yield from _named("SCHEDULER_PARAM_", scalars)
    yield from _named("SCHEDULER_RESULT_", work.parents)


def _named(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name each value after its key, in capitals; where two keys make one name, neither gets it."""
    names = {key: prefix + re.sub(r"[^A-Z0-9_]", "_", key.upper()) for key in values}
    count = Counter(names.values())
    yield from ((names[key], as_text(value)) for key, value in values.items() if count[names[key]] == 1)


def as_text(value: Any) -> str:
    """Return a JSON value as a process gets it: text as it is, null as nothing, all else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
