"""Whole files or none: content is written aside, then renamed."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` so that a reader sees the old file or the new one, never a part.

    Parameters
    ----------
    path : Path
        Target; its folder must exist.
    content : str or bytes
        The whole content; text is written as UTF-8.

    Raises
    ------
    OSError
        If it cannot be written; an older file at `path` is then untouched.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
