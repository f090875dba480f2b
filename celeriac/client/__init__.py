"""The typed client: all of the service's API, with retries, paging, live streams and errors as exceptions.

    from celeriac.client import Client

    with Client() as client:
        graph = client.graphs.create(name="hello", tasks=[{"name": "greet", "driver": "shell", "command": "echo hello"}])
        execution = client.graphs.execute(graph["graph_id"])
        print(client.executions.wait(execution["graph_id"])["state"])

`AsyncClient` has the same methods, awaited. Lists are iterators over all rows (`limit=` for the newest few). Answers are
the API's JSON, typed in `shapes`, `more_shapes` and `planning_shapes`; what is sent is typed in `fields`.
"""

from celeriac.client.asynchronous.client import AsyncClient
from celeriac.client.errors import (
    ApiError,
    CannotConnect,
    Conflict,
    Forbidden,
    Invalid,
    NoService,
    NotFound,
    NotTheService,
    ServerError,
    ServiceUnavailable,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from celeriac.client.events import ServerEvent
from celeriac.client.places import Place, find, forget_login, login_file, save_login
from celeriac.client.synchronous.client import Client
from celeriac.errors import CeleriacError

__all__ = [
    "ApiError",
    "AsyncClient",
    "CannotConnect",
    "CeleriacError",
    "Client",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NoService",
    "NotFound",
    "NotTheService",
    "Place",
    "ServerError",
    "ServerEvent",
    "ServiceUnavailable",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "find",
    "forget_login",
    "login_file",
    "save_login",
]
