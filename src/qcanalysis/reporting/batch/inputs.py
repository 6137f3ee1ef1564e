"""What a run is asked for, and one key of all that it rests on."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from qcanalysis.reporting.batch.keys import code_key, sha256_of
from qcanalysis.reporting.batch.storage import is_remote
from qcanalysis.reporting.provenance import environment_value, file_sha256, run_time
from qcanalysis.suppliers.period import Period

if TYPE_CHECKING:
    from qcanalysis.reporting.notebook import Audience

_IN_ENVIRONMENT = "env:"
_LOCAL = ("file://", "local://")


@dataclass(frozen=True)
class ScorecardRequest:
    """What a run of scorecards is asked for.

    Attributes
    ----------
    source : str
        The history: a path, an fsspec address, or ``env:NAME`` for an address that the
        environment variable NAME holds.
    period : Period
        Month, quarter or year.
    notebook : Path
        Makes the page of one supplier.
    out : str
        Folder or fsspec address of the periods.
    mapping, settings_file : Path, optional
        Mapping file of the history; parameters of the notebook.
    workers, cluster, operator
        As of :func:`~qcanalysis.reporting.batch.run.run_batch`.
    audience : str
        For whom.
    """

    source: str
    period: Period
    notebook: Path
    out: str = "reports/scorecards"
    mapping: Path | None = None
    settings_file: Path | None = None
    workers: int | None = None
    cluster: str | None = None
    audience: "Audience" = "buyer"
    operator: str | None = None

    def __post_init__(self) -> None:
        is_server = "://" in self.source and not is_remote_file(self.source)
        if is_server or "@" in self.source.partition("://")[2]:
            raise ValueError(
                "--history: an address may hold a password, and a command line is seen by others; "
                "put it into an environment variable NAME and write --history env:NAME."
            )

    @property
    def address(self) -> str | None:
        """Address out of the environment, not to be shown; None where `source` is shown itself.

        Raises
        ------
        ValueError
            If the variable is not set.
        """
        if not self.source.startswith(_IN_ENVIRONMENT):
            return None
        return environment_value(self.source.removeprefix(_IN_ENVIRONMENT))

    def inputs_key(self, earlier: bytes | None) -> str | None:
        """Hash of the history's files, of settings, notebook and code; quick to take.

        Of `earlier` too, the table of the previous period, which the changes are told against.
        None where it cannot be taken without reading the history: at an address.
        """
        if self.source.startswith(_IN_ENVIRONMENT) or is_remote(self.source):
            return None
        local = next((kind for kind in _LOCAL if self.source.startswith(kind)), "")
        given = [self.mapping, self.settings_file]
        return sha256_of(
            [
                _tree(Path(self.source.removeprefix(local))),
                [file_sha256(path) if path else None for path in given],
                file_sha256(self.notebook),
                code_key(),
                self.period.label,
                self.audience,
                None if earlier is None else hashlib.sha256(earlier).hexdigest(),
                min(latest_date(), self.period.end),  # a date may be in the future no longer
            ]
        )


def is_remote_file(address: str) -> bool:
    """Whether an address is of a file system, not of a database server."""
    scheme = address.partition("://")[0].partition("+")[0].lower()
    return scheme not in {"postgres", "postgresql", "mysql", "mssql", "oracle", "snowflake"}


def latest_date() -> date:
    """Date of today where it is latest on Earth (UTC+14): a later one lies in the future."""
    return (run_time() + timedelta(hours=14)).date()


def _tree(source: Path) -> list[tuple[str, str]]:
    files = [source] if source.is_file() else sorted(source.rglob("*"))
    return [
        (path.relative_to(source).as_posix(), file_sha256(path)) for path in files if path.is_file()
    ]
