"""The examples of docs/scheduling.md are read as what runs them would read them."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from qcanalysis import cli
from qcanalysis.suppliers.period import Period

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "docs" / "scheduling.md").read_text("utf-8")
BLOCKS = re.findall(r"^```([\w-]+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [content for name, content in BLOCKS if name == kind]


def block(kind: str) -> str:
    (content,) = blocks(kind)
    return content


def commands() -> list[list[str]]:
    """Every command of ours in the examples, as the words after the program."""
    lines = [line for _, content in BLOCKS for line in content.splitlines()]
    ours = [re.search(r"qcanalysis (scorecards [^|>]*)", line) for line in lines]
    return [shlex.split(found[1]) for found in ours if found]


def test_each_example_holds_our_command() -> None:
    assert [kind for kind, _ in BLOCKS] == [
        *("cron", "systemd-service", "systemd-timer", "yaml", "sh", "sh")
    ]
    assert len(commands()) == 5


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_command_is_one_that_the_command_line_takes(words: list[str]) -> None:
    command = cli.cli.commands[words[0]]
    context = command.make_context("scorecards", words[1:], resilient_parsing=False)
    given = context.params
    assert Period.parse(given["label"], today=__import__("datetime").date(2026, 11, 2)).label
    assert given["source"] == "data/history" or given["source"].startswith("env:")
    if given["source"] == "data/history":
        assert (REPOSITORY / given["source"] / "inspections.csv").exists()
    with pytest.raises(click.UsageError):
        command.make_context("scorecards", [*words[1:], "--no-such-option"])


def test_the_cron_line_has_its_five_fields_and_no_bare_percent() -> None:
    (line,) = block("cron").splitlines()
    minute, hour, day, month, weekday, command = line.split(None, 5)
    assert (0 <= int(minute) < 60, 0 <= int(hour) < 24, 1 <= int(day) <= 28) == (True,) * 3
    assert (month, weekday) == ("*", "*")
    assert "%" not in command
    assert subprocess.run(["sh", "-n", "-c", command], check=True).returncode == 0


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = {}
    for kind in ("service", "timer"):
        path = tmp_path / f"qcanalysis-scorecards.{kind}"
        text = block(f"systemd-{kind}")
        units[kind] = configparser.ConfigParser(interpolation=None)
        units[kind].optionxform = str  # type: ignore[assignment,method-assign]
        units[kind].read_string(text)
        # The machine that runs the tests has no /srv/qcanalysis: any program that is there does.
        path.write_text(text.replace("/srv/qcanalysis/.venv/bin/qcanalysis", "/bin/true"))
    assert units["service"]["Service"]["Type"] == "oneshot"
    assert units["timer"]["Timer"]["Persistent"] == "true"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units were parsed, not verified")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "qcanalysis-scorecards" in line]
    assert ours == []
    when = units["timer"]["Timer"]["OnCalendar"]
    said = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


def test_the_ci_schedule_is_a_workflow_with_the_same_time() -> None:
    workflow = yaml.load(block("yaml"), Loader=yaml.BaseLoader)
    schedule = workflow["on"]["schedule"][0]["cron"]
    assert block("cron").startswith(schedule)
    steps = workflow["jobs"]["scorecards"]["steps"]
    assert all({"uses", "run"} & step.keys() for step in steps)
    assert any("qcanalysis scorecards" in step.get("run", "") for step in steps)
    assert workflow["concurrency"] == "scorecards"
