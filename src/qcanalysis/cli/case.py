"""``qcanalysis case``."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qcanalysis.cli.outcome import (
    DONE,
    FAILED,
    WRONG_INPUT,
    Outcome,
    audience_option,
    failure_data,
    json_option,
    operator_option,
    out_option,
    problem_lines,
)
from qcanalysis.cli.run import report_data, report_lines

if TYPE_CHECKING:
    from qcanalysis.records import Case
    from qcanalysis.recovery.documents import Party
    from qcanalysis.reporting.notebook import Audience


@click.command()
@click.argument("case_dir", type=click.Path(path_type=Path))
@click.argument("entry", nargs=-1, metavar="[record EVENT [column=value ...]]")
@audience_option
@operator_option
@out_option
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
@json_option
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
        return Outcome(data, problem_lines(case_dir, problems), WRONG_INPUT)
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
        "reports": [report_data(report) for report in made.reports],
        "documents": [str(path) for path in made.documents],
        "failures": [failure_data(failure) for failure in made.failures],
    }
    lines = [line for report in made.reports for line in report_lines(report)]
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
