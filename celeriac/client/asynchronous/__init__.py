"""The client for `async` code. The one without, `celeriac/client/synchronous/`, is made from it by `tests/sdk/unasync.py`."""
