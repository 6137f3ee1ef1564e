"""Renew the data dictionary in data/README.md: python data/build_dictionary.py."""

from pathlib import Path

from qcanalysis.records.schema import TABLES, Column, columns, header_columns

README = Path(__file__).parent / "README.md"
START, END = "<!-- dictionary: start -->", "<!-- dictionary: end -->"
HEAD = "| column | type | unit | allowed values | filled | meaning |\n|---|---|---|---|---|---|"


def dictionary() -> str:
    """Markdown of the data dictionary: one table for each file."""
    parts = [f"### case.yaml\n\n{HEAD.replace('column', 'key')}"]
    parts[0] += "".join(row(key, column) for key, column in header_columns().items())
    for name, model in TABLES.items():
        what = (model.__doc__ or "").splitlines()[0]
        key = f" One row for each {' + '.join(model.key)}." if model.key else ""
        rows = "".join(row(column.name, column) for column in columns(model))
        parts.append(f"### {name}.csv\n\n{what}{key}\n\n{HEAD}{rows}")
    return "\n\n".join(parts)


def row(name: str, column: Column) -> str:
    """Row of the dictionary that describes one column or key."""
    allowed = ", ".join(column.allowed) or (f"as in {column.refers_to}" * bool(column.refers_to))
    filled = "must" if column.is_required else "may"
    cells = (f"`{name}`", column.kind.name, column.unit, allowed, filled, column.description)
    return f"\n| {' | '.join(cells)} |"


def rewritten(readme: str) -> str:
    """Text of the README with the dictionary between its two marks renewed."""
    before, rest = readme.split(START)
    return f"{before}{START}\n\n{dictionary()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
