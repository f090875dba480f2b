"""`make bench`: Celeriac beside bare Celery canvas on one machine. Not part of the test suite."""
