#!/usr/bin/env python
"""Django's command door."""

import os
import sys

from django.core.management import execute_from_command_line

from config import embedded


def main() -> None:
    """Run a management command, on the embedded servers unless told of others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] != ["up"]:
        embedded.join()
        execute_from_command_line(sys.argv)
        return
    started = embedded.start()  # before Django reads the servers' addresses
    try:
        execute_from_command_line(sys.argv)
    finally:
        if started:
            embedded.stop()


if __name__ == "__main__":
    main()
