"""Hashes of what a run is made from, quick to take: nothing heavy is imported here."""

import hashlib
import json
from functools import cache
from importlib import metadata
from pathlib import Path
from sys import version_info

import qcanalysis
from qcanalysis.reporting.provenance import file_sha256

_PACKAGE = Path(qcanalysis.__file__).parent
_NOT_CODE = "__pycache__"


def sha256_of(facts: object) -> str:
    """SHA-256 of facts that JSON can hold; the order of names does not matter.

    Examples
    --------
    >>> sha256_of({"a": 1, "b": [2.5]}) == sha256_of({"b": [2.5], "a": 1})
    True
    """
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_key() -> str:
    """SHA-256 over every file of this package, and the versions of what it computes with.

    Taken once for a process: a process that goes on after an upgrade keeps the key of the code
    that it runs.
    """
    files = [
        (path.relative_to(_PACKAGE).as_posix(), file_sha256(path))
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and _NOT_CODE not in path.parts
    ]
    return sha256_of([files, versions()])


@cache
def versions() -> dict[str, str]:
    """Versions of Python, of this package and of the packages it names as its dependencies."""
    required = metadata.requires("qcanalysis") or []
    names = [line.partition(";")[0].strip() for line in required if "extra ==" not in line]
    plain = sorted({_leading_name(name) for name in names})
    return {
        "python": ".".join(map(str, version_info[:3])),
        "qcanalysis": qcanalysis.__version__,
        **{name: metadata.version(name) for name in plain},
    }


def _leading_name(requirement: str) -> str:
    end = next((i for i, sign in enumerate(requirement) if sign in "<>=!~[ ("), len(requirement))
    return requirement[:end]
