"""Reading ``case.yaml``, or the sheet ``case`` with the same keys, into the sections of a case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from qcanalysis.records.fields import Cell, Unquoted
from qcanalysis.records.order import Section
from qcanalysis.records.problems import Problem, did_you_mean, shown
from qcanalysis.records.schema import SECTIONS, columns, header_columns
from qcanalysis.records.sheet import Sheet, read_cell

_TEXT_TAG = "tag:yaml.org,2002:str"
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Header:
    """Facts of ``case.yaml`` by dotted key, with the row each stands in.

    Examples
    --------
    >>> Header("case.yaml", {"order.quantity": 20000})["order.quantity"]
    20000
    """

    file: str
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)

    def section(self, name: str) -> Section:
        """Typed section of the case, such as ``"order"``."""
        start = f"{name}." if name else ""
        model = SECTIONS[name]
        values = {column.name: self[start + column.name] for column in columns(model)}
        return model.model_construct(**values)


class _Refusal(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, row: int, message: str, advice: str) -> None:
        super().__init__(message)
        self.row, self.message, self.advice = row, message, advice


def read_case_yaml(path: Path) -> tuple[Header, list[Problem]]:
    r"""Facts of a ``case.yaml``, and the problems found.

    Scalars are taken as they are written: ``00123`` never becomes 83, ``no`` never False.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "case.yaml")
    ...     _ = path.write_text("case_id: 00123\n")
    ...     header, problems = read_case_yaml(path)
    >>> print(problems[0].advice)
    Put it in quotes: "00123".
    """
    file = path.name
    content = path.read_bytes()
    if not content.strip():
        advice = "Enter at least case_id, title, is_illustrative and order.quantity."
        return Header(file), [Problem(file, None, "", "", "the file is empty", advice)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        message = "the text is not UTF-8"
        return Header(file), [Problem(file, row, "", "", message, "Save the file as UTF-8.")]
    cells: dict[str, tuple[int, Cell]] = {}
    problems = []
    try:
        for key, row, cell in _flat(yaml.compose(text, Loader=yaml.SafeLoader)):
            if key in cells:
                message = f"the key occurs twice, first in row {cells[key][0]}"
                problems.append(Problem(file, row, key, "", message, "Delete one of the two."))
            else:
                cells[key] = row, cell
    except _Refusal as refusal:
        return Header(file), [Problem(file, refusal.row, "", "", refusal.message, refusal.advice)]
    except yaml.YAMLError as error:
        return Header(file), [_syntax_problem(file, error)]
    except RecursionError:
        message = "the file is nested too deeply"
        advice = "Write sections with keys, as in the data dictionary."
        return Header(file), [Problem(file, None, "", "", message, advice)]
    header, more = _read_cells(file, cells)
    return header, problems + more


def read_case_sheet(sheet: Sheet) -> tuple[Header, list[Problem]]:
    """Facts of the sheet ``case`` with its columns key and value, and the problems found.

    Examples
    --------
    >>> header, problems = read_case_sheet(Sheet("b.xlsx[case]", ("key", "value"),
    ...                                          ((2, ("order.quantity", 20000)),)))
    >>> header["order.quantity"], len(problems)
    (20000, 3)
    """
    if sheet.header[:2] != ("key", "value"):
        message = f"row 1 begins with {shown(', '.join(sheet.header[:2]))}, not with key, value"
        advice = "Use the sheet case of the workbook template."
        return Header(sheet.file), [Problem(sheet.file, 1, "", "", message, advice)]
    cells: dict[str, tuple[int, Cell]] = {}
    problems = []
    for row, (key, value, *_) in sheet.rows:
        name = str(key or "").strip()
        if name in cells:
            message = f"the key occurs twice, first in row {cells[name][0]}"
            problems.append(Problem(sheet.file, row, name, "", message, "Delete one of the two."))
        else:
            cells[name] = row, value
    header, more = _read_cells(sheet.file, cells)
    return header, problems + more


def _flat(root: yaml.Node | None) -> Iterator[tuple[str, int, Cell]]:
    for section, node in _pairs(root):
        if isinstance(node, yaml.MappingNode):
            for key, inner in _pairs(node):
                yield f"{section}.{key}", _row(inner), _scalar(inner)
        elif section in SECTIONS:
            if _scalar(node) is not None:
                advice = f"Put its keys below it, indented: {section}: then one key a line."
                raise _Refusal(_row(node), f"{section} is a section and holds no value", advice)
        else:
            yield section, _row(node), _scalar(node)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        row = 1 if node is None else _row(node)
        raise _Refusal(row, "there are no keys with values here", "Write lines of key: value.")
    for key, value in node.value:
        yield str(_scalar(key)), value


def _scalar(node: yaml.Node) -> Cell:
    if not isinstance(node, yaml.ScalarNode):
        advice = "Give one value; put a text with colons, brackets or dashes in quotes."
        raise _Refusal(_row(node), "one value is expected here, not a list or section", advice)
    if node.tag == _NULL_TAG:
        return None
    return str(node.value) if node.tag == _TEXT_TAG else Unquoted(node.value)


def _row(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    detail = getattr(error, "problem", None) or getattr(error, "reason", None) or "bad character"
    return Problem(
        file,
        None if mark is None else mark.line + 1,
        "",
        "",
        f"the file is not valid YAML ({detail})",
        "Put a text with colons, brackets, # or quotes in quotes; indent with spaces, not tabs.",
    )


def _read_cells(file: str, cells: Mapping[str, tuple[int, Cell]]) -> tuple[Header, list[Problem]]:
    known = header_columns()
    problems = []
    values: dict[str, Any] = {}
    for key, (row, cell) in cells.items():
        if key not in known:
            message = f"{shown(key)} is not a known key"
            advice = f"{did_you_mean(key, known)} Rename the key or delete it."
            problems.append(Problem(file, row, key, "", message, advice))
            continue
        values[key], fault = read_cell(known[key], cell)
        if fault is not None:
            problems.append(Problem(file, row, key, "", *fault))
    problems += [
        Problem(
            file,
            None,
            key,
            "R01" if key == "order.quantity" else "",
            "a key that is needed is missing",
            f"Add {key}: {column.description}.",
        )
        for key, column in known.items()
        if column.is_required and key not in cells
    ]
    return Header(file, values, {key: row for key, (row, _) in cells.items()}), problems
