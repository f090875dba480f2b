"""A terminal in which the commands of our pages are typed as they are printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

END = "--- that was all ---"


def printed(page: Path) -> list[str]:
    """Return the commands on a page, block by block."""
    return re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL)


@contextmanager
def terminal(directory: Path) -> Iterator[Callable[[str], str]]:
    """Yield a function that types commands and returns what they print; variables stay, and a command that fails is told."""
    command = ["bash", "-euo", "pipefail"]
    with subprocess.Popen(
        command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as bash:
        assert bash.stdin
        assert bash.stdout
        keyboard, screen = bash.stdin, bash.stdout

        def typed(commands: str) -> str:
            keyboard.write(f"{commands}\necho\necho '{END}'\n")
            keyboard.flush()
            told: list[str] = []
            for line in screen:
                if line.strip() == END:
                    return "".join(told)
                told.append(line)
            raise AssertionError(f"The terminal has ended: {''.join(told)}")

        yield typed
