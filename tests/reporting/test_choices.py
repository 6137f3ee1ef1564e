from pathlib import Path

import pytest

from qcanalysis.reporting.choices import read_choices
from qcanalysis.reporting.parameters import ParameterError

EXAMPLE = Path(__file__).parents[2] / "notebooks" / "parameters" / "illustrative_decisions.yaml"


def test_the_example_is_read_whole():
    choices = read_choices(EXAMPLE)
    decisions = choices.decisions()
    assert decisions.ways_out["soft-enamel-pin"] == "100 % sort"
    assert decisions.reinspection_aql_percent == {"major": 1.0, "minor": 2.5}
    assert decisions.accepted.ranges() == (("111", "160"),)
    assert str(decisions.supervisor) == "Chen Yu (line supervisor)"
    assert decisions.seed == 20261007
    assert "wire diameter" in choices.products["zinc-keychain"]["hardware_facts"]


def test_every_wrong_choice_is_named_at_once(tmp_path):
    path = tmp_path / "choices.yaml"
    path.write_text("way_out: {PIN: sort}\nseed: soon\n")
    with pytest.raises(ParameterError) as refused:
        read_choices(path)
    text = " ".join(refused.value.problems)
    assert "way_out" in text
    assert "seed" in text


def test_cartons_that_run_backwards_are_refused(tmp_path):
    path = tmp_path / "choices.yaml"
    path.write_text("accepted_cartons: [['160', '111']]\n")
    with pytest.raises(ValueError, match="160"):
        read_choices(path).decisions()


def test_r83_control_files_in_force_are_read_from_beside_the_choices(tmp_path: Path) -> None:
    text = "product_family: pin\nversion: 2\n"
    (tmp_path / "control_file_pin.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "choices.yaml"
    path.write_text("control_files: [control_file_pin.yaml]", encoding="utf-8")
    choices = read_choices(path)
    assert choices.control_files == (text,)
    (earlier,) = choices.decisions().earlier_control_files
    assert (earlier.product_family, earlier.version) == ("pin", 2)


@pytest.mark.parametrize(
    ("text", "message"), [(None, "control_file_pin.yaml"), ("[1, 2]", "control file")]
)
def test_control_files_that_are_none_are_refused_at_once(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "control_file_pin.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "choices.yaml"
    path.write_text("control_files: [control_file_pin.yaml]", encoding="utf-8")
    with pytest.raises(ParameterError, match=message):
        read_choices(path)
