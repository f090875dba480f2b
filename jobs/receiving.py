"""Files that are sent here: kept in the storage, piece by piece."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jobs.models import Upload


@contextmanager
def received(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Keep the `file` among an upload's fields, and yield them with what is known of it; an error lets it go again.

    It is kept under a name of ours: what the sender calls it leads nowhere.
    """
    file, storage = fields["file"], Upload._meta.get_field("file").storage
    known = seen(file)
    name = storage.save(f"uploads/{uuid.uuid4()}", file)
    try:
        yield {**fields, **known, "file": name}
    except BaseException:
        storage.delete(name)
        raise


def seen(file: Any) -> dict[str, Any]:
    """Return what is to be known of a file: its `file_name`, `size` and `digest`."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return {"file_name": file.name, "size": file.size, "digest": digest.hexdigest()}
