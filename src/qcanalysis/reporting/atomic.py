"""Whole files or none: text is written aside, then renamed."""

import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write `text` as UTF-8 so that a reader sees the old file or the new one, never a part.

    Parameters
    ----------
    path : Path
        Target; its folder must exist.
    text : str
        The whole content.

    Raises
    ------
    OSError
        If it cannot be written; an older file at `path` is then untouched.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
