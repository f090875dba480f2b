#!/usr/bin/env python
"""Django's command door."""

import os
import sys

from django.core.management import execute_from_command_line

from config import embedded


def main() -> None:
    """Run a management command, on the embedded servers unless told of others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] == ["up"]:
        embedded.start()  # before Django reads the servers' addresses
    else:
        embedded.join()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
