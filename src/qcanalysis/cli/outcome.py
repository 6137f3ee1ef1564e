"""What every command gives back, and the options that several take."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qcanalysis.reporting.outcomes import NotebookFailed

DONE, FAILED, WRONG_INPUT = 0, 1, 2
STOPPED = 130  # as a shell has it of a program that Ctrl-C ended

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
out_option = click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder of the reports.",
)
audience_option = click.option(
    "--audience",
    type=click.Choice(["buyer", "factory", "internal"]),
    default="buyer",
    show_default=True,
    help="Cells tagged 'internal' are only in an internal report.",
)
operator_option = click.option("--operator", help="Who runs it, for the provenance of the report.")


@dataclass(frozen=True)
class Outcome:
    """What a command found: data for a program, lines for a person, and the exit code."""

    data: dict[str, Any]
    lines: Sequence[str]
    exit_code: int = DONE


def refused(problems: Sequence[str], *, before: Sequence[str] = ()) -> Outcome:
    """Outcome of input that is wrong: every problem, each on its line."""
    return Outcome({"problems": list(problems)}, [*before, *problems], WRONG_INPUT)


def problem_lines(path: Path | str, problems: Sequence[object]) -> list[str]:
    """Lines about the problems of a case or history that stop the work."""
    return [*map(str, problems), f"{path}: {len(problems)} problem(s); nothing was written."]


def failure_data(failure: "NotebookFailed") -> dict[str, Any]:
    """Facts of a notebook that failed."""
    return {
        "name": failure.name,
        "cell_number": failure.cell_number,
        "error_name": failure.error_name,
        "error_message": failure.error_message,
        "problems": [str(failure)],
        "kept": failure.kept,
    }
