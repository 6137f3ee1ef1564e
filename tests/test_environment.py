"""The pinned environment is one environment: constraints, conda file and metadata agree."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEXT = {".py", ".md", ".txt", ".yml", ".yaml", ".toml", ".csv", ".ipynb", ".cfg", ".j2", ".css"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line) for line in lines)
    return {normal(line.split("==")[0]): line.split("==")[1] for line in lines}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    everything = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {normal(re.split(r"[<>=!~\[ ]", requirement)[0]) for requirement in everything}


def test_conda_environment_is_in_step_with_the_constraints() -> None:
    given = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = [entry for entry in given if isinstance(entry, str) and "=" in entry]
    from_pip = next(entry["pip"] for entry in given if isinstance(entry, dict))
    stated = {normal(entry.split("=")[0]): entry.split("=")[-1] for entry in [*conda, *from_pip]}
    assert stated.pop("python") == "3.11"
    stated.pop(normal("--editable ."))
    known = pins()
    assert stated == {name: known[name] for name in stated}
    assert declared() <= stated.keys()


def test_every_dependency_is_pinned_and_explained() -> None:
    reasons = (ROOT / "docs" / "decisions" / "0005-dependencies.md").read_text("utf-8")
    named = {normal(word) for word in re.findall(r"[A-Za-z0-9_.-]+", reasons)}
    stubs = {name for name in declared() if name.startswith("types-") or name.endswith("-stubs")}
    assert declared() <= pins().keys()
    assert declared() - stubs <= named


@pytest.mark.parametrize("name", ["numpy", "scipy", "pandas", "matplotlib", "nbconvert"])
def test_the_pins_are_what_is_installed(name: str) -> None:
    assert version(name) == pins()[name]


def test_no_committed_text_points_outside_the_project() -> None:
    words = (r"\.\./shared", re.escape(f"{ROOT}/"), r"pypi\.org", r"files\.pythonhosted")
    outside = re.compile("|".join(words))
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for path in (ROOT / name for name in names if name):
        if path != Path(__file__) and path.suffix in TEXT:
            assert not outside.search(path.read_text("utf-8")), path
