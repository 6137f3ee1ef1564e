"""The README says what is so: its code gives the numbers beside it, its links lead somewhere."""

import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_code_gives_the_numbers_beside_it() -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    names: dict[str, object] = {}
    lines = block.group(1).strip().splitlines()
    exec("\n".join(line for line in lines if re.match(r"from|plan =", line)), names)
    assert repr(names["plan"]) in block.group(1)
    for line in lines:
        if re.match(r"(probability|quality)_", line):
            call, _, said = line.partition("#")
            stated = [float(number) for number in re.findall(r"\d+\.\d+", said)]
            found = np.atleast_1d(eval(call, names)) * (100 if "%" in said else 1)
            assert np.round(found, 3 if "%" not in said else 2).tolist() == stated


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
