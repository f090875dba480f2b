#!/usr/bin/env python
"""Django's command door."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config import embedded


def main() -> None:
    """Run a management command, on the embedded servers unless told of others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] == ["up"]:
        up()
    else:
        embedded.join()
        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(str(error))


def up() -> None:
    """Run `up` with the embedded servers around it: they have to be there before Django reads their addresses."""
    # INT too: a shell that starts this in the background has it ignored, and Python then leaves it so.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with embedded.held():
            started = embedded.start()
            try:
                execute_from_command_line(sys.argv)
            finally:
                if started:
                    embedded.stop()
    except (ImproperlyConfigured, embedded.InUseError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
