"""One run at a time in a folder: a lock that ends with its process, and who holds it."""

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from qcanalysis.reporting.atomic import write_atomically
from qcanalysis.reporting.batch.storage import Storage, reaching
from qcanalysis.reporting.provenance import run_time

LOCK, HOLDER = ".lock", ".lock-holder.json"


class FolderInUseError(OSError):
    """Another run is at work in the folder; says who and since when."""


@contextmanager
def only_run(folder: Storage) -> Iterator[None]:
    """Hold the lock of `folder` while the block runs.

    The operating system drops the lock with the process that holds it, however it ended. Of an
    address that is no local folder the lock is one of this machine: schedule such a run on one
    machine.

    Raises
    ------
    FolderInUseError
        If another run holds it: process id, machine and start are named.
    """
    place = folder.path or _place_of(folder.address)
    place.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place / LOCK, preserve_lock_file=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise FolderInUseError(
            f"{folder.address}: another run is at work here, {_holder(place)}. "
            "Wait until it is done, or end it; nothing was changed."
        ) from None
    try:
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started_at": f"{run_time():%Y-%m-%d %H:%M:%S} UTC",
        }
        with reaching(str(place), OSError):
            write_atomically(place / HOLDER, json.dumps(holder))
        yield
    finally:
        (place / HOLDER).unlink(missing_ok=True)
        lock.release()


def _place_of(address: str) -> Path:
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"qcanalysis-{Path.home().name}-{name}")


def _holder(place: Path) -> str:
    try:
        holder = json.loads((place / HOLDER).read_text("utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['started_at']}"
    except (OSError, ValueError, KeyError):
        return "which has just begun"
