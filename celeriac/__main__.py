"""`python -m celeriac` is the command `celeriac`."""

from celeriac.cli import main

main()
