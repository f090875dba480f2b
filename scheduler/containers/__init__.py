"""Containers: what a task may ask for, and one that is run to its end and never left behind.

Of these modules only `leftovers.py` knows the database: the others also run beside it, in the process that holds a service.
The library `docker` takes a while to import: `wanted.py` and `request.py` do without, and whoever imports the others does so
when a container is wanted.
"""
