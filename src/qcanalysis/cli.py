"""The ``qcanalysis`` command: what it was asked on stdout, how it is going on stderr.

Each command returns an :class:`Outcome`; :func:`main` alone prints it, as text or as one JSON
object, and ends the process with 0 (done), 1 (the work failed) or 2 (the input is wrong).
Imports are inside the commands, so that ``qcanalysis plan`` need not load what makes reports.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qcanalysis.records import Case
    from qcanalysis.recovery.documents import Party
    from qcanalysis.reporting.execution import NotebookFailed
    from qcanalysis.reporting.notebook import Audience
    from qcanalysis.reporting.runner import Report

DONE, FAILED, WRONG_INPUT = 0, 1, 2
STATUS = {DONE: "done", FAILED: "failed", WRONG_INPUT: "wrong input"}
STANDARDS = {"iso": "ISO 2859-1:1999", "105e": "MIL-STD-105E"}
_INPUT_ERRORS = (FileExistsError, FileNotFoundError, NotADirectoryError, PermissionError)

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_out = click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder of the reports.",
)
_audience = click.option(
    "--audience",
    type=click.Choice(["buyer", "factory", "internal"]),
    default="buyer",
    show_default=True,
    help="Cells tagged 'internal' are only in an internal report.",
)
_operator = click.option("--operator", help="Who runs it, for the provenance of the report.")


@dataclass(frozen=True)
class Outcome:
    """What a command found: data for a program, lines for a person, and the exit code."""

    data: dict[str, Any]
    lines: Sequence[str]
    exit_code: int = DONE


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    outcome = _outcome(words)
    if "--json" in words:
        answer = {"status": STATUS[outcome.exit_code], **outcome.data}
        print(json.dumps(answer, ensure_ascii=False, allow_nan=False, default=str))
    else:
        stream = sys.stdout if outcome.exit_code == DONE else sys.stderr
        for line in outcome.lines:
            print(line, file=stream)
    sys.exit(outcome.exit_code)


def _outcome(words: list[str]) -> Outcome:
    try:
        outcome = cli.main(words, prog_name="qcanalysis", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        return _refused([error.format_message()])
    except click.UsageError as error:
        usage = [error.ctx.get_usage()] if error.ctx else []
        return _refused([error.format_message()], before=usage)
    except click.ClickException as error:
        return _refused([error.format_message()])
    except click.Abort:
        return Outcome({"problems": ["stopped"]}, ["Stopped."], FAILED)
    except (ValueError, TypeError, *_INPUT_ERRORS) as error:
        return _refused([str(problem) for problem in getattr(error, "problems", [error])])
    except OSError as error:
        return Outcome({"problems": [str(error)]}, [str(error)], FAILED)
    return outcome if isinstance(outcome, Outcome) else Outcome({}, [])  # --help, --version


def _refused(problems: list[str], *, before: Sequence[str] = ()) -> Outcome:
    return Outcome({"problems": problems}, [*before, *problems], WRONG_INPUT)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qcanalysis")
def cli() -> None:
    """Sampling plans, case checks and reports on failed inspections."""


@cli.command()
@click.option("--lot-size", type=int, required=True, help="Items in the lot.")
@click.option("--aql", "aql_percent", type=float, required=True, help="AQL as tabulated [%].")
@click.option("--level", default="II", show_default=True, help="S-1 to S-4, I, II or III.")
@click.option("--severity", default="normal", show_default=True, help="Or tightened, reduced.")
@click.option("--standard", type=click.Choice(list(STANDARDS)), default="iso", show_default=True)
@click.option("--sampling", default="single", show_default=True, help="Or double, multiple.")
@_json
def plan(
    lot_size: int,
    aql_percent: float,
    level: str,
    severity: str,
    standard: str,
    sampling: str,
    as_json: bool,
) -> Outcome:
    """Print the sampling plan that a standard tabulates for a lot."""
    from qcanalysis.sampling import lookup_plan

    found = lookup_plan(
        lot_size,
        aql_percent,
        inspection_level=level,
        severity=severity,
        standard=STANDARDS[standard],
        sampling=sampling,
    )
    data = {
        "lot_size": found.lot_size,
        "aql_percent": found.aql_percent,
        "inspection_level": found.inspection_level,
        "severity": found.severity,
        "standard": found.standard,
        "sampling": found.sampling,
        "code_letter": found.code_letter,
        "plan_letter": found.plan_letter,
        **asdict(found.plan),
        "inspects_all": found.inspects_all,
        "confidence": found.confidence,
        "note": found.note,
    }
    letter = found.code_letter
    if found.plan_letter != letter:
        letter += f" (the table's arrow leads to {found.plan_letter})"
    lines = [
        f"{found.standard}, {found.sampling} sampling, {found.severity} inspection",
        f"Lot of {lot_size:,} items, level {level}, AQL {aql_percent:g} %: code letter {letter}",
    ]
    stages = zip(
        found.plan.sample_sizes,
        found.plan.acceptance_numbers,
        found.plan.rejection_numbers,
        strict=True,
    )
    for number, (sample_size, acceptance, rejection) in enumerate(stages, start=1):
        sample = f"Sample {number}" if len(found.plan.sample_sizes) > 1 else "Sample"
        accept = "no acceptance at this stage" if acceptance is None else f"accept at {acceptance}"
        lines.append(f"{sample}: {sample_size:,} items, {accept}, reject at {rejection}")
    if found.inspects_all:
        lines.append("The sample takes in the whole lot: inspect every item.")
    lines += [found.note] if found.note else []
    return Outcome(data, lines)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@_json
def check(path: Path, as_json: bool) -> Outcome:
    """List every problem in a case folder, workbook or history."""
    from qcanalysis.records import check_case

    problems = check_case(path)
    data = {"path": str(path), "problems": [asdict(problem) for problem in problems]}
    if problems:
        return Outcome(data, _problem_lines(path, problems), WRONG_INPUT)
    return Outcome(data, [f"{path}: no problem found."])


def _problem_lines(path: Path, problems: Sequence[object]) -> list[str]:
    return [*map(str, problems), f"{path}: {len(problems)} problem(s); nothing was written."]


@cli.command()
@click.argument("path", metavar="FILE.xlsx", type=click.Path(path_type=Path, dir_okay=False))
@_json
def template(path: Path, as_json: bool) -> Outcome:
    """Write an empty inspection workbook with drop-downs and notes."""
    from qcanalysis.records import write_template

    write_template(path)
    return Outcome({"path": str(path)}, [str(path)])


@cli.command()
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
@_audience
@_operator
@_out
@_json
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

    from qcanalysis.reporting.execution import NotebookFailed
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
        return Outcome(_failure_data(failure), [str(failure)], FAILED)
    return Outcome(_report_data(report), _report_lines(report))


def _named_values(pairs: Sequence[str]) -> dict[str, object]:
    from qcanalysis.reporting.parameters import ParameterError

    names = [pair.partition("=")[0] for pair in pairs]
    problems = [f"-p {pair}: write -p name=value." for pair in pairs if "=" not in pair]
    problems += sorted({f"-p {n}: given more than once." for n in names if names.count(n) > 1})
    if problems:
        raise ParameterError(problems)
    return {pair.partition("=")[0]: pair.partition("=")[2] for pair in pairs}


@cli.command()
@click.argument("case_dir", type=click.Path(path_type=Path))
@click.argument("entry", nargs=-1, metavar="[record EVENT [column=value ...]]")
@_audience
@_operator
@_out
@click.option("--as-of", default="", help="Moment of the gates, ISO with zone; default: now.")
@click.option(
    "--decisions",
    "choices_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.yaml",
    help="What the buyer has decided: ways_out, accepted_cartons, ...",
)
@click.option("--issuer", metavar="NAME,ROLE", help="Who issues the documents.")
@click.option("--approver", metavar="NAME,ROLE", help="Who approves the documents.")
@_json
def case(
    case_dir: Path,
    entry: tuple[str, ...],
    audience: "Audience",
    operator: str | None,
    out_dir: Path,
    as_of: str,
    choices_file: Path | None,
    issuer: str | None,
    approver: str | None,
    as_json: bool,
) -> Outcome:
    """Make every report and document of one failed inspection, and an index of them.

    With "record EVENT" one event is added to the case's log instead, unless the gates forbid it:
    qcanalysis case DIR record hold_placed sku=PIN document=H-001
    """
    from qcanalysis.records import check_case, read_case

    if entry and entry[0] != "record":
        raise click.UsageError(f"after the case only 'record EVENT' can follow, got {entry[0]!r}")
    problems = check_case(case_dir)
    if problems:
        data = {"path": str(case_dir), "problems": [asdict(problem) for problem in problems]}
        return Outcome(data, _problem_lines(case_dir, problems), WRONG_INPUT)
    found = read_case(case_dir)
    if entry:
        return _recorded(case_dir, found, entry[1:])

    from qcanalysis.recovery.gates.case_facts import CaseFacts
    from qcanalysis.reporting.case_reports import Signatures, report_case
    from qcanalysis.reporting.choices import read_choices
    from qcanalysis.reporting.provenance import run_time

    now = CaseFacts.of(found).moment(as_of) if as_of else run_time()
    made = report_case(
        found,
        case_dir,
        out_dir,
        now=now,
        signatures=Signatures(
            now.date(), _party("--issuer", issuer), _party("--approver", approver)
        ),
        choices=read_choices(choices_file) if choices_file else None,
        audience=audience,
        operator=operator,
    )
    data = {
        "index": str(made.index),
        "state": made.state.headline,
        "reports": [_report_data(report) for report in made.reports],
        "documents": [str(path) for path in made.documents],
        "failures": [_failure_data(failure) for failure in made.failures],
    }
    lines = [line for report in made.reports for line in _report_lines(report)]
    lines += [f"{len(made.documents)} files of documents in {out_dir / 'documents'}"]
    lines += [*map(str, made.failures), str(made.index)]
    return Outcome(data, lines, FAILED if made.failures else DONE)


def _party(option: str, words: str | None) -> "Party":
    from qcanalysis.recovery.documents import Party

    if not words:
        return Party()
    name, comma, role = (part.strip() for part in words.partition(","))
    if not (name and comma and role):
        raise click.UsageError(f"{option} must be NAME,ROLE, as 'Lin Wei,buyer', got {words!r}")
    return Party(name, role.replace(" ", "_"))


def _recorded(case_dir: Path, found: "Case", words: Sequence[str]) -> Outcome:
    """One event added to the log of a case, or the reasons why it may not be."""
    from qcanalysis.records.events import EventRefusedError, record_event
    from qcanalysis.recovery.gates.case_facts import CaseFacts
    from qcanalysis.recovery.gates.replay import refusals
    from qcanalysis.reporting.provenance import run_time

    if not words:
        raise click.UsageError("record needs an event, as 'record hold_placed sku=PIN'")
    wrong = [word for word in words[1:] if "=" not in word]
    if wrong:
        raise click.UsageError(f"write column=value for {', '.join(wrong)}")
    facts = CaseFacts.of(found)
    cells = {"event": words[0], "at": run_time().isoformat()} | {
        word.partition("=")[0]: word.partition("=")[2] for word in words[1:]
    }
    try:
        recorded = record_event(
            case_dir, cells, forbids=lambda entry, log: refusals(entry, log, facts)
        )
    except EventRefusedError as refused:
        reasons = [str(reason) for reason in refused.refusals]
        lines = [f"The gates forbid {words[0]}; nothing was recorded:", *reasons]
        return Outcome({"event": words[0], "refusals": reasons}, lines, FAILED)
    data = {"recorded": recorded.model_dump(mode="json", exclude_none=True)}
    return Outcome(data, [f"{recorded.event_id} {recorded.event} recorded"])


def _report_data(report: "Report") -> dict[str, Any]:
    return asdict(report)


def _report_lines(report: "Report") -> list[str]:
    for warning in report.warnings:
        print(f"warning: {report.name}: {warning}", file=sys.stderr)
    return [f"{report.html}", f"  {report.verdict}"]


def _failure_data(failure: "NotebookFailed") -> dict[str, Any]:
    return {
        "name": failure.name,
        "cell_number": failure.cell_number,
        "error_name": failure.error_name,
        "error_message": failure.error_message,
        "problems": [str(failure)],
        "kept": failure.kept,
    }
