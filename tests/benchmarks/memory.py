"""How much memory processes take, at most."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import psutil

INTERVAL = 0.2  # seconds between two looks; each costs under a millisecond


def resident(trees: Sequence[psutil.Process]) -> int:
    """Return the resident bytes of processes and all below them; what children share with their parent counts for each."""
    return sum(_resident(process) for tree in trees for process in [tree, *tree.children(recursive=True)])


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


class Peak:
    """The most that processes took between its beginning and its end: `with Peak(trees) as peak`."""

    def __init__(self, trees: Sequence[psutil.Process]) -> None:
        self._trees = trees
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self.most = 0

    def __enter__(self) -> Peak:
        self.before = self.most = resident(self._trees)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            self.most = max(self.most, resident(self._trees))
