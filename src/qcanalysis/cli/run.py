"""``qcanalysis run``."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qcanalysis.cli.outcome import (
    FAILED,
    Outcome,
    audience_option,
    failure_data,
    json_option,
    operator_option,
    out_option,
)

if TYPE_CHECKING:
    from qcanalysis.reporting.notebook import Audience
    from qcanalysis.reporting.runner import Report


@click.command()
@click.argument("notebook")
@click.option(
    "--with",
    "parameter_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.yaml",
    help="Parameters, one 'name: value' a line.",
)
@click.option("-p", "pairs", multiple=True, metavar="name=value", help="One parameter; repeatable.")
@click.option("--help-parameters", is_flag=True, help="List the notebook's parameters and stop.")
@audience_option
@operator_option
@out_option
@json_option
def run(
    notebook: str,
    parameter_file: Path | None,
    pairs: tuple[str, ...],
    help_parameters: bool,
    audience: "Audience",
    operator: str | None,
    out_dir: Path,
    as_json: bool,
) -> Outcome:
    """Run NOTEBOOK (a path, or a name or number out of notebooks/) and write its report."""
    from qcanalysis.reporting.notebook import find_notebook, read_notebook
    from qcanalysis.reporting.parameters import declared_parameters, read_parameter_file

    path = find_notebook(notebook)
    if help_parameters:
        declared = declared_parameters(read_notebook(path))
        return Outcome({"parameters": [asdict(p) for p in declared]}, [str(p) for p in declared])
    given = read_parameter_file(parameter_file) if parameter_file else {}
    given |= _named_values(pairs)

    from qcanalysis.reporting.outcomes import NotebookFailed
    from qcanalysis.reporting.runner import run_notebook

    try:
        report = run_notebook(
            path,
            parameters=given,
            out_dir=out_dir,
            audience=audience,
            operator=operator,
            progress=sys.stderr,
        )
    except NotebookFailed as failure:
        return Outcome(failure_data(failure), [str(failure)], FAILED)
    return Outcome(report_data(report), report_lines(report))


def _named_values(pairs: Sequence[str]) -> dict[str, object]:
    from qcanalysis.reporting.parameters import ParameterError

    names = [pair.partition("=")[0] for pair in pairs]
    problems = [f"-p {pair}: write -p name=value." for pair in pairs if "=" not in pair]
    problems += sorted({f"-p {n}: given more than once." for n in names if names.count(n) > 1})
    if problems:
        raise ParameterError(problems)
    return {pair.partition("=")[0]: pair.partition("=")[2] for pair in pairs}


def report_data(report: "Report") -> dict[str, Any]:
    """Facts of a report that was written."""
    return asdict(report)


def report_lines(report: "Report") -> list[str]:
    """Where a report is and what it says; its warnings go to stderr."""
    for warning in report.warnings:
        print(f"warning: {report.name}: {warning}", file=sys.stderr)
    return [f"{report.html}", f"  {report.verdict}"]
