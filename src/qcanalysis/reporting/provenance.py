"""Where a report comes from: the only module that reads the clock, git or the environment."""

import hashlib
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import qcanalysis

NOT_STATED = "not stated"


@dataclass(frozen=True)
class RunFacts:
    """Facts of one run that differ from run to run and so never enter a notebook.

    Attributes
    ----------
    package_version : str
        Version of qcanalysis.
    commit : str
        Commit of the code, see :func:`code_commit`.
    run_at : str
        Time of the run in UTC, as "2026-11-05 09:30:00 UTC".
    operator : str
        Who ran it, or "not stated".
    notebook_sha256 : str
        SHA-256 of the notebook file that was run.
    previous_sha256 : str
        SHA-256 of the report that this one replaces, or "none" for the first one.
    """

    package_version: str
    commit: str
    run_at: str
    operator: str
    notebook_sha256: str
    previous_sha256: str


def run_facts(
    *, notebook: Path, replaces: Path | None = None, operator: str | None = None
) -> RunFacts:
    """Facts of a run of `notebook` whose report will be written to `replaces`.

    Parameters
    ----------
    notebook : Path
        The notebook that was run.
    replaces : Path, optional
        Where the report goes; an older report there is named by its hash.
    operator : str, optional
        Who ran it; else the variable ``QCANALYSIS_OPERATOR``, else "not stated".
    """
    return RunFacts(
        package_version=qcanalysis.__version__,
        commit=code_commit(),
        run_at=run_time().strftime("%Y-%m-%d %H:%M:%S UTC"),
        operator=operator or os.environ.get("QCANALYSIS_OPERATOR") or NOT_STATED,
        notebook_sha256=file_sha256(notebook),
        previous_sha256=file_sha256(replaces) if replaces and replaces.exists() else "none",
    )


def run_time() -> datetime:
    """Time of the run in UTC; ``SOURCE_DATE_EPOCH`` [s since 1970] replaces the clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)


def environment_value(name: str) -> str:
    """Value of an environment variable that holds what no report may show, as an address.

    Raises
    ------
    ValueError
        If it is not set, or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ValueError(f"env:{name}: the environment variable {name} is not set, or empty.")
    return value


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_commit() -> str:
    """Commit of this package's code, marked when files differ from it.

    "not in a checkout" when the code was installed from a wheel: the repository around a
    virtual environment is not where the code came from.
    """
    here = Path(__file__)
    tracked = _git("ls-files", "--error-unmatch", here.name, folder=here.parent)
    commit = _git("rev-parse", "HEAD", folder=here.parent)
    if tracked is None or commit is None:
        return "not in a checkout"
    changed = _git("status", "--porcelain", "--untracked-files=no", folder=here.parent)
    return f"{commit[:12]} with uncommitted changes" if changed else commit[:12]


def _git(*arguments: str, folder: Path) -> str | None:
    # Inside a git hook GIT_DIR and its like point at another repository.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def is_interactive() -> bool:
    """Whether a person at a Jupyter server started this kernel (not a batch run)."""
    return "JPY_SESSION_NAME" in os.environ


def batch_environment() -> dict[str, str]:
    """Environment for a kernel of a batch run: silent widgets, figures without a screen.

    Linear algebra and Arrow's allocator start no threads: several kernels share a machine, and
    a process with threads cannot be forked.
    """
    kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    quiet = {"MPLBACKEND": "Agg", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    return kept | single | quiet


def environment() -> dict[str, str]:
    """Environment variables of this process."""
    return dict(os.environ)


def replace_environment(variables: Mapping[str, str]) -> None:
    """Give this process exactly these environment variables."""
    os.environ.clear()
    os.environ.update(variables)


def private_folders() -> tuple[Path, ...]:
    """Folders of this machine whose names no report may show."""
    return Path.home(), Path.cwd()


class Stopwatch:
    """Seconds since it was made, and what is left of a limit [s]."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._started = time.monotonic()

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def remaining_seconds(self) -> float:
        """Seconds left of the limit, never negative."""
        return max(0.0, self._limit_seconds - self.elapsed_seconds)
