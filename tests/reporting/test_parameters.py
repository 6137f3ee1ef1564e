from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reporting.cells import notebook_of

from qcanalysis.reporting.notebook import NotebookError
from qcanalysis.reporting.parameters import (
    ParameterError,
    checked_parameters,
    declared_parameters,
    paths_from_notebook,
    read_parameter_file,
)

SOURCE = """\
lot_size: int = 20000  # Lot size [items]
aql_percent: float = 2.5  # AQL = as tabulated [%]
lot_id: str = "00#1"  # Lot
is_packed: bool = False
sample_sizes: list[int] = [
    80,  # first
    80,
]
found: dict[str, int] = {}  # Found by class [items]
case_dir: str = "../data"  # Case folder
"""


def declared(source: str = SOURCE):
    return declared_parameters(notebook_of((source, "parameters")))


def test_names_types_defaults_and_meanings_are_read():
    parameters = {parameter.name: parameter for parameter in declared()}
    assert list(parameters)[:3] == ["lot_size", "aql_percent", "lot_id"]
    assert parameters["aql_percent"].help == "AQL = as tabulated [%]"
    assert parameters["lot_id"].default == "00#1"
    assert parameters["sample_sizes"].default == [80, 80]
    assert parameters["found"].type_name == "dict[str, int]"
    assert str(parameters["lot_size"]) == "lot_size: int = 20000  # Lot size [items]"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lot_id", "00123", "00123"),
        ("lot_id", "1E5", "1E5"),
        ("lot_id", "None", "None"),
        ("lot_id", "True", "True"),
        ("lot_size", " 8000", 8000),
        ("aql_percent", "4", 4.0),
        ("is_packed", "yes", True),
        ("sample_sizes", "[80, 125]", [80, 125]),
        ("found", "{major: 7, minor: 11}", {"major": 7, "minor": 11}),
    ],
)
def test_text_is_read_by_the_declared_type(name, text, value):
    assert checked_parameters(declared(), {name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("lot_size", "abc"),
        ("lot_size", "1E5"),
        ("lot_size", "20,000"),
        ("lot_size", 2.0),
        ("lot_size", True),
        ("aql_percent", "nan"),
        ("aql_percent", "inf"),
        ("aql_percent", True),
        ("is_packed", "1"),
        ("lot_id", 123),
        ("sample_sizes", "80"),
        ("sample_sizes", "[80, x]"),
        ("sample_sizes", "[80, null]"),
        ("found", "{major: 7, major: 8}"),
        ("found", "[1]"),
    ],
)
def test_values_of_another_type_are_refused_by_name(name, bad):
    with pytest.raises(ParameterError, match=rf"^{name}: "):
        checked_parameters(declared(), {name: bad})


def test_elements_without_a_declared_type_are_numbers_if_nothing_else():
    plans = declared('plans: list = [{"aql_percent": 2.5}]\nshare: dict = {}')
    given = {
        "plans": "[{aql_percent: 2.5, severity: tightened}, 00123, -4, 1E5]",
        "share": "{a: 1}",
    }
    assert checked_parameters(plans, given) == {
        "plans": [{"aql_percent": 2.5, "severity": "tightened"}, "00123", -4, "1E5"],
        "share": {"a": 1},
    }


def test_every_problem_is_listed_at_once_with_the_name_meant():
    with pytest.raises(ParameterError) as caught:
        checked_parameters(declared(), {"lot_szie": "1", "aql_percent": "x", "zzz": "1"})
    first, second, third = caught.value.problems
    assert "did you mean lot_size?" in first
    assert second.startswith("aql_percent:")
    assert "the notebook takes: lot_size, aql_percent" in third


@given(st.text())
def test_any_text_stays_itself_where_text_is_declared(text):
    assert checked_parameters(declared(), {"lot_id": text}) == {"lot_id": text}


@pytest.mark.parametrize(
    "line",
    [
        "n = 80",
        "n: int",
        "n: int | None = None",
        "n: tuple = (1, 2)",
        "n: int = 'x'",
        "n: int = 2 + 2 * k",
        "import os",
        "n: int = (",
    ],
)
def test_a_line_that_is_no_typed_literal_is_refused(line):
    with pytest.raises(NotebookError, match="parameter"):
        declared(line)


@pytest.mark.parametrize("name", ["api_key", "db_password", "access_token", "client_secret"])
def test_parameters_named_like_secrets_are_refused(name):
    with pytest.raises(NotebookError, match="looks like a secret"):
        declared(f'{name}: str = ""')


def test_yaml_scalars_stay_text(tmp_path: Path):
    file = tmp_path / "run.yaml"
    file.write_text("lot_id: 00123\nlot_size: 8000\nis_packed: no\nfound: {major: 7}\n")
    values = checked_parameters(declared(), read_parameter_file(file))
    expected = {"lot_id": "00123", "lot_size": 8000, "is_packed": False, "found": {"major": 7}}
    assert values == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lot_id: a\nlot_id: b\n", "more than once"),
        ("lot_size:\n", "line 1 has no value"),
        ("- 1\n", "name: value"),
        ("", "no value"),
        ("a: [1\n", "run.yaml"),
        ("lot_id: !!python/object/apply:os.system ['true']\n", "lot_id"),
    ],
)
def test_parameter_files_that_say_two_things_or_nothing_are_refused(tmp_path, text, message):
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ParameterError, match=message):
        checked_parameters(declared(), read_parameter_file(file))


def test_paths_are_those_of_the_caller_then_of_the_notebook(tmp_path: Path):
    for folder in ("here/case", "notebooks/beside"):
        (tmp_path / folder).mkdir(parents=True)
    folders = {"notebook_folder": tmp_path / "notebooks", "caller_folder": tmp_path / "here"}
    seen = paths_from_notebook({"case_dir": "case", "note": "case"}, **folders)
    assert seen == {"case_dir": "../here/case", "note": "case"}
    absolute = paths_from_notebook({"case_dir": str(tmp_path / "here" / "case")}, **folders)
    assert absolute == {"case_dir": "../here/case"}
    assert paths_from_notebook({"case_dir": "beside"}, **folders) == {"case_dir": "beside"}
    with pytest.raises(ParameterError, match="case_dir: no file or folder 'nowhere'"):
        paths_from_notebook({"case_dir": "nowhere"}, **folders)
