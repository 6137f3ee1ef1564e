"""The ``qcanalysis`` command: what it was asked on stdout, how it is going on stderr.

Each command returns an :class:`~qcanalysis.cli.outcome.Outcome`; :func:`main` alone prints it,
as text or as one JSON object, and ends the process with 0 (done), 1 (the work failed), 2 (the
input is wrong) or 130 (stopped). Imports are inside the commands, so that ``qcanalysis plan``
need not load what makes reports.
"""

import json
import sys
from collections.abc import Sequence

import click

from qcanalysis.cli.case import case
from qcanalysis.cli.outcome import DONE, FAILED, STOPPED, WRONG_INPUT, Outcome, refused
from qcanalysis.cli.plan import plan
from qcanalysis.cli.records import check, template
from qcanalysis.cli.run import run
from qcanalysis.cli.scorecards import scorecards
from qcanalysis.reporting import quick_start as quick_start

STATUS = {DONE: "done", FAILED: "failed", WRONG_INPUT: "wrong input", STOPPED: "stopped"}
_INPUT_ERRORS = (FileExistsError, FileNotFoundError, NotADirectoryError, PermissionError)


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
        return refused([error.format_message()])
    except click.UsageError as error:
        usage = [error.ctx.get_usage()] if error.ctx else []
        return refused([error.format_message()], before=usage)
    except click.ClickException as error:
        return refused([error.format_message()])
    except click.Abort:
        return Outcome({"problems": ["stopped"]}, ["Stopped."], STOPPED)
    except (ValueError, TypeError, *_INPUT_ERRORS) as error:
        return refused([str(problem) for problem in getattr(error, "problems", [error])])
    except OSError as error:
        return Outcome({"problems": [str(error)]}, [str(error)], FAILED)
    return outcome if isinstance(outcome, Outcome) else Outcome({}, [])  # --help, --version


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qcanalysis")
def cli() -> None:
    """Sampling plans, case checks, reports on failed inspections and supplier scorecards."""


for _command in (plan, check, run, case, scorecards, template):
    cli.add_command(_command)
