"""The command lines of our processes."""

from __future__ import annotations

from config import commands


def _queues(line: list[str]) -> list[str]:
    return line[line.index("-Q") + 1].split(",")


def test_a_worker_consumes_its_queues() -> None:
    assert _queues(commands.worker(["default", "heavy"], "", 2)) == ["default", "heavy"]


def test_a_worker_of_a_node_consumes_the_nodes_queue_too() -> None:
    assert set(_queues(commands.worker(["default"], "gpu-1", 2))) == {"default", "node.gpu-1"}


def test_two_workers_never_share_a_name() -> None:
    first, second = (commands.worker(["default"], "", 2) for _ in range(2))
    assert first[first.index("-n") + 1] != second[second.index("-n") + 1]
