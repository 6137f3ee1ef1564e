"""``qcanalysis scorecards``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qcanalysis.cli.outcome import (
    DONE,
    FAILED,
    Outcome,
    audience_option,
    json_option,
    operator_option,
)

if TYPE_CHECKING:
    from qcanalysis.reporting.batch.scorecards import ScorecardRun
    from qcanalysis.reporting.notebook import Audience

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option(
    "--history",
    "source",
    required=True,
    metavar="SOURCE",
    help="Folder, file or fsspec address of the history, or env:NAME for an address that the "
    "environment variable NAME holds.",
)
@click.option(
    "--period",
    "label",
    required=True,
    help="2026-10, 2026-Q3 or 2026; or last-month, last-quarter, last-year (UTC).",
)
@click.option("--mapping", type=_file, metavar="FILE.yaml", help="Mapping file of the history.")
@click.option(
    "--with",
    "settings_file",
    type=_file,
    metavar="FILE.yaml",
    help="Parameters of the scorecard: weights, bands, window_months, minimum_lots, ...",
)
@click.option(
    "--notebook",
    default="07_supplier_scorecard",
    show_default=True,
    help="Makes a supplier's page: a path, or a name or number out of notebooks/.",
)
@click.option(
    "--out",
    default="reports/scorecards",
    show_default=True,
    metavar="DIR",
    help="Folder or fsspec address; each period has a folder in it.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: up to 3.")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler, as tcp://host:8786.")
@audience_option
@operator_option
@json_option
def scorecards(
    source: str,
    label: str,
    mapping: Path | None,
    settings_file: Path | None,
    notebook: str,
    out: str,
    workers: int | None,
    cluster: str | None,
    audience: "Audience",
    operator: str | None,
    as_json: bool,
) -> Outcome:
    """Make the scorecard of every supplier for a period, and the page of all of them.

    What has not changed since the last run is skipped; a page that fails leaves the others.
    """
    from qcanalysis.reporting.batch.inputs import ScorecardRequest
    from qcanalysis.reporting.batch.scorecards import make_scorecards
    from qcanalysis.reporting.notebook import find_notebook
    from qcanalysis.reporting.provenance import run_time
    from qcanalysis.suppliers.period import Period

    request = ScorecardRequest(
        source,
        Period.parse(label, today=run_time().date()),
        find_notebook(notebook),
        out=out,
        mapping=mapping,
        settings_file=settings_file,
        workers=workers,
        cluster=cluster,
        audience=audience,
        operator=operator,
    )
    return _outcome(make_scorecards(request, sys.stderr))


def _outcome(made: "ScorecardRun") -> Outcome:
    counts = made.record["counts"]
    lines = [f"{failure['page']}: {failure['reason']}" for failure in made.failed]
    lines += [f"{made.counts_in_words} in {made.record['seconds']:.1f} s", made.index]
    data = {
        "index": made.index,
        "counts": counts,
        "seconds": made.record["seconds"],
        "failed": made.failed,
    }
    return Outcome(data, lines, FAILED if made.failed else DONE)
