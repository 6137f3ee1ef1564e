"""``qcanalysis check`` and ``qcanalysis template``."""

from dataclasses import asdict
from pathlib import Path

import click

from qcanalysis.cli.outcome import WRONG_INPUT, Outcome, json_option, problem_lines


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.yaml",
    help="Mapping file of a history with other names and words.",
)
@json_option
def check(path: Path, mapping: Path | None, as_json: bool) -> Outcome:
    """List every problem in a case folder, workbook or history."""
    from qcanalysis.records.history import is_history

    if mapping is not None or is_history(path):
        return _checked_history(path, mapping)
    from qcanalysis.records import check_case

    problems = check_case(path)
    data = {"path": str(path), "problems": [asdict(problem) for problem in problems]}
    if problems:
        return Outcome(data, problem_lines(path, problems), WRONG_INPUT)
    return Outcome(data, [f"{path}: no problem found."])


def _checked_history(path: Path, mapping: Path | None) -> Outcome:
    """Problems of a history; one with warnings alone can be used as it is."""
    from qcanalysis.records.history import HistoryProblem, check_history
    from qcanalysis.reporting.batch.inputs import latest_date

    problems = check_history(path, mapping, today=latest_date())
    warnings = [p for p in problems if isinstance(p, HistoryProblem) and p.severity == "warning"]
    errors = len(problems) - len(warnings)
    data = {"path": str(path), "problems": [asdict(problem) for problem in problems]}
    if not problems:
        return Outcome(data, [f"{path}: no problem found."])
    lines = [*(f"{_kind(problem)}: {problem}" for problem in problems)]
    lines.append(
        f"{path}: {errors} error(s), {len(warnings)} warning(s). Scorecards leave out rows with "
        "an error and list them."
    )
    return Outcome(data, lines, WRONG_INPUT if errors else 0)


def _kind(problem: object) -> str:
    return getattr(problem, "severity", "error")


@click.command()
@click.argument("path", metavar="FILE.xlsx", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def template(path: Path, as_json: bool) -> Outcome:
    """Write an empty inspection workbook with drop-downs and notes."""
    from qcanalysis.records import write_template

    write_template(path)
    return Outcome({"path": str(path)}, [str(path)])
