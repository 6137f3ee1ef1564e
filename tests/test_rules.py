"""Every rule that code or pages cite is written down, and has a test that names it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def cited(text: str) -> set[str]:
    found = set(re.findall(r"\b(R\d{2}|T[1-9]\d?)\b", text))
    for first, last in re.findall(r"\bR(\d{2}) to R(\d{2})\b", text):
        found |= {f"R{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_every_rule_cited_is_in_the_list() -> None:
    listed = cited((ROOT / "docs" / "rules.md").read_text("utf-8"))
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.yaml")]
    named = set().union(*(cited(path.read_text("utf-8")) for path in sources))
    assert named <= listed
    assert {f"R{number:02d}" for number in range(1, 91)} <= listed
    assert {f"T{number}" for number in range(1, 17)} <= listed


def test_every_rule_has_a_test_that_names_it() -> None:
    tests = "".join(path.read_text("utf-8").lower() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"(?<![a-z0-9])([rt]\d{1,2})(?![0-9])", tests))
    listed = cited((ROOT / "docs" / "rules.md").read_text("utf-8"))
    assert sorted(rule for rule in listed if rule.lower() not in named) == []
