"""`python -m tests.benchmarks`: the servers first, because Django reads their addresses at its start."""

from __future__ import annotations

import sys

from tests.benchmarks import home, options


def main() -> int:
    """Measure what was asked for; 0, or 1 when a case broke. A floor that is not held is told, and no error."""
    wanted = options.read()
    with home.servers():
        from tests.benchmarks import bench

        return bench.run(wanted)


if __name__ == "__main__":
    sys.exit(main())
