"""The seed's example callable."""

import os
import subprocess
import sys

from django.conf import settings

from scheduler.tasks import example_func

IN_A_FRESH_PROCESS = """
import django
django.setup()
from dags.callables import resolve
print(resolve("scheduler.tasks.example_func")())
"""


def test_it_returns_the_seeds_test_data() -> None:
    assert example_func() == {"res": "Test data"}


def test_a_process_that_imports_no_tasks_knows_it() -> None:
    told = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "{'res': 'Test data'}\n"
