"""The runner of Uploads: a file that was sent to us, imported once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from jobs.importing import checking, copying, importer, seeing
from jobs.models import Upload
from jobs.running import Done, End, JobError, NothingToDo, Running


def run(upload: Upload, running: Running) -> End:
    """Import the file into its table, unless that was done."""
    if seeing.stands(upload, running):
        return NothingToDo(f"imported already, at {upload.seen.get('at')}: an upload is imported once")
    with copying.temporary() as file:
        copy = _stored(upload, file)
        loaded = importer.load(upload, file, running)
    seeing.remember(upload, made=loaded.made, at=running.begun.isoformat(sep=" ", timespec="seconds"))
    return Done({**loaded.value, "file": upload.file_name, "bytes": copy.size})


def check(fields: Mapping[str, Any]) -> None:
    """Raise `Invalid`, naming the field, for an upload that could not be imported."""
    checking.check(fields)


def forget_file(sender: Any, instance: Upload, **kwargs: Any) -> None:
    """Receive `post_delete` of an upload: its file goes when it is certain that the row has gone."""
    if instance.file.name:
        transaction.on_commit(partial(instance.file.storage.delete, instance.file.name), robust=True)


def _stored(upload: Upload, into: Any) -> copying.Copy:
    """Copy the stored file; raise `JobError` if it is not the one that was sent."""
    try:
        with upload.file.open("rb") as stored:
            copy = copying.copied(stored, into, max_bytes=settings.MAX_UPLOAD)
    except (OSError, ValueError):  # ValueError: there is no file with this upload
        raise JobError("The stored file is gone: send it again.", permanent=True) from None
    if copy.digest != upload.digest:
        raise JobError("The stored file is not the one that was sent: send it again.", permanent=True)
    return copy
