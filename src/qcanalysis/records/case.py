"""A case: one failed inspection with everything known about it, read from a folder or workbook."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from qcanalysis.records.checks import CHECKS, Book
from qcanalysis.records.delimited import read_csv
from qcanalysis.records.fields import MOMENT
from qcanalysis.records.header import Header, read_case_sheet, read_case_yaml
from qcanalysis.records.order import About, Contract, Money, Order, Schedule
from qcanalysis.records.problems import Problem, RecordsError, did_you_mean, shown
from qcanalysis.records.schema import TABLES, columns
from qcanalysis.records.sheet import Sheet, Table, read_table
from qcanalysis.records.spreadsheet import read_workbook
from qcanalysis.records.workbook import SHEETS_WITHOUT_DATA

CASE_FILE = "case.yaml"
_NEEDED = ("skus", "inspections", "class_results")


@dataclass(frozen=True)
class Case:
    """One inspected order: its header sections and its tables.

    Every frame is there with all its columns; it has no rows where the table was not given.
    Identifiers and words are of pandas dtype ``string``, counts ``Int64``, numbers ``Float64``,
    yes/no ``boolean``, dates ``datetime64[us]``, times ``datetime64[us, UTC]``; what is not
    known is NA. Times in `schedule` keep the zone they were written in.

    Attributes
    ----------
    case_id, title, is_illustrative, note
        Which case this is; `is_illustrative` when any figure was made up.
    order, schedule, contract, money
        Sections of ``case.yaml``; a fact that is not known is None.
    skus, lots, cartons, inspections, class_results, units, findings, measurements,
    specification, events, payments, deliveries, corrective_actions
        Tables; the data dictionary describes the columns.
    files
        Name and SHA-256 of each file read.
    """

    case_id: str
    title: str
    is_illustrative: bool
    note: str | None
    order: Order
    schedule: Schedule
    contract: Contract
    money: Money
    skus: pd.DataFrame
    lots: pd.DataFrame
    cartons: pd.DataFrame
    inspections: pd.DataFrame
    class_results: pd.DataFrame
    units: pd.DataFrame
    findings: pd.DataFrame
    measurements: pd.DataFrame
    specification: pd.DataFrame
    events: pd.DataFrame
    payments: pd.DataFrame
    deliveries: pd.DataFrame
    corrective_actions: pd.DataFrame
    files: tuple[tuple[str, str], ...]

    def visit(self, inspection_id: str = "") -> str:
        """Visit to look at: the one named, or the first of the case.

        Raises
        ------
        ValueError
            If the case has no such visit.

        Examples
        --------
        >>> read_case("data/cases/metal-promo").visit()
        'PSI-1'
        """
        known = self.inspections["inspection_id"].to_list()
        if not inspection_id:
            return str(known[0])
        if inspection_id not in known:
            raise ValueError(
                f"inspection_id must be a visit of case {self.case_id} ({', '.join(known)}), "
                f"got {inspection_id!r}"
            )
        return inspection_id

    def unit_class_rule(self, inspection_id: str) -> str:
        """How the visit counts a piece with several defects; "every_class" where it does not say.

        Examples
        --------
        >>> read_case("data/cases/metal-promo").unit_class_rule("PSI-1")
        'every_class'
        """
        rows = self.inspections[self.inspections["inspection_id"].eq(inspection_id)]
        rule = rows["unit_class_rule"].iloc[0]
        return "every_class" if pd.isna(rule) else str(rule)

    def __repr__(self) -> str:
        marked = ", illustrative" if self.is_illustrative else ""
        return f"<Case {self.case_id}: {self.order.quantity} pieces, {len(self.skus)} SKUs{marked}>"


def read_case(path: str | Path) -> Case:
    """Case in a folder of CSV files beside ``case.yaml``, or in one ``.xlsx`` workbook.

    Parameters
    ----------
    path
        The folder or the workbook.

    Raises
    ------
    RecordsError
        If anything is wrong with the input; `RecordsError.problems` lists all of it.

    Examples
    --------
    >>> read_case("data/cases/metal-promo")
    <Case metal-promo: 20000 pieces, 3 SKUs>
    """
    book, files, problems = _read(Path(path))
    if problems:
        raise RecordsError(problems)
    about = cast(About, book.header.section(""))
    return Case(
        case_id=about.case_id,
        title=about.title,
        is_illustrative=about.is_illustrative,
        note=about.note,
        order=cast(Order, book.header.section("order")),
        schedule=cast(Schedule, book.header.section("schedule")),
        contract=cast(Contract, book.header.section("contract")),
        money=cast(Money, book.header.section("money")),
        **{name: _frame(name, table) for name, table in book.tables.items()},
        files=tuple((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files),
    )


def check_case(path: str | Path) -> list[Problem]:
    """Every problem of the input at once, by file and row; empty where there is none.

    Parameters
    ----------
    path
        A folder with ``case.yaml``, or an ``.xlsx`` workbook.

    Examples
    --------
    >>> check_case("data/cases/metal-promo")
    []
    >>> check_case("no-such-folder")[0].message
    'there is no such file or folder'
    """
    return _read(Path(path))[2]


def _read(path: Path) -> tuple[Book, list[Path], list[Problem]]:
    files: list[Path] = []
    sheets: Mapping[str, Sheet] = {}
    header = Header(path.name)
    if path.is_dir():
        header, sheets, files, problems = _read_folder(path)
    elif not path.is_file():
        advice = "Give a folder that holds case.yaml, or an .xlsx workbook."
        problems = [Problem(str(path), None, "", "", "there is no such file or folder", advice)]
    elif path.suffix.lower() != ".xlsx":
        message = f"a case is a folder or an .xlsx workbook, not a {path.suffix or 'plain'} file"
        advice = f"Give the folder that holds {CASE_FILE}, or an .xlsx workbook."
        problems = [Problem(path.name, None, "", "", message, advice)]
    else:
        header, sheets, files, problems = _read_book(path)
    tables = {name: _unread(_file_of(path, name), name, problems) for name in TABLES}
    for name, sheet in sheets.items():
        tables[name], more = read_table(sheet, TABLES[name])
        problems += more
    book = Book(header, tables)
    if sheets or path.is_dir():
        problems += _missing_tables(book, sheets, problems)
        problems += [problem for check in CHECKS for problem in check(book)]
    order = [header.file, *(table.file for table in tables.values())]
    place = {file: number for number, file in enumerate(order)}
    problems.sort(key=lambda problem: (place.get(problem.file, -1), problem.row or 0))
    return book, files, problems


def _unread(file: str, name: str, problems: list[Problem]) -> Table:
    """Table without rows; damaged in every column where its file was refused."""
    is_refused = any(problem.file == file for problem in problems)
    names = (column.name for column in columns(TABLES[name])) if is_refused else ()
    return Table(file, damaged=frozenset(names))


def _file_of(path: Path, table: str) -> str:
    """File or sheet that a table of the case stands in."""
    return f"{path.name}[{table}]" if path.suffix.lower() == ".xlsx" else f"{table}.csv"


def _read_folder(
    folder: Path,
) -> tuple[Header, dict[str, Sheet], list[Path], list[Problem]]:
    problems = list(_stray_files(folder))
    header = Header(CASE_FILE)
    files = []
    if (folder / CASE_FILE).is_file():
        files.append(folder / CASE_FILE)
        header, more = read_case_yaml(folder / CASE_FILE)
        problems += more
    else:
        advice = "Add it, with at least case_id, title, is_illustrative and order.quantity."
        problems.append(Problem(CASE_FILE, None, "", "", "the file is missing", advice))
    sheets = {}
    for name in TABLES:
        file = folder / f"{name}.csv"
        if file.is_file():
            files.append(file)
            sheet, more = read_csv(file)
            problems += more
            if sheet is not None:
                sheets[name] = sheet
    return header, sheets, files, problems


def _stray_files(folder: Path) -> Iterable[Problem]:
    known = [f"{name}.csv" for name in TABLES]
    for file in sorted(folder.iterdir()):
        is_table = file.suffix.lower() == ".csv" or file.stem in TABLES
        if file.is_file() and is_table and file.name not in known:
            message = f"{shown(file.name)} is not a table of a case, so it would not be read"
            advice = f"{did_you_mean(file.stem + '.csv', known)} Rename or move the file."
            yield Problem(file.name, None, "", "", message, advice)


def _read_book(
    path: Path,
) -> tuple[Header, dict[str, Sheet], list[Path], list[Problem]]:
    sheets, problems = read_workbook(path)
    header = Header(f"{path.name}[case]")
    if "case" in sheets:
        header, more = read_case_sheet(sheets["case"])
        problems += more
    elif not problems:
        advice = "Add the sheet case of the workbook template, with its columns key and value."
        problems.append(Problem(path.name, None, "", "", "the sheet case is missing", advice))
    tables = {}
    for name, sheet in sheets.items():
        if name in TABLES:
            tables[name] = sheet
        elif name != "case" and name not in SHEETS_WITHOUT_DATA:
            message = f"{shown(name)} is not a sheet of a case, so it would not be read"
            advice = f"{did_you_mean(name, TABLES)} Rename or delete the sheet."
            problems.append(Problem(sheet.file, None, "", "", message, advice))
    return header, tables, [path], problems


def _missing_tables(
    book: Book, sheets: Mapping[str, Sheet], problems: list[Problem]
) -> list[Problem]:
    """Tables that every case needs and that hold no row, unless they were refused already."""
    refused = {problem.file for problem in problems}
    missing = []
    for name in _NEEDED:
        file = book.tables[name].file
        if not book.entries(name) and file not in refused:
            what = next(iter((TABLES[name].__doc__ or "").splitlines()))
            message = "the table has no rows" if name in sheets else "the table is missing"
            missing.append(Problem(file, None, "", "", message, f"Every case needs it. {what}"))
    return missing


def _frame(name: str, table: Table) -> pd.DataFrame:
    data: dict[str, Any] = {}
    for column in columns(TABLES[name]):
        values = [entry[column.name] for entry in table.entries]
        if column.kind is MOMENT:
            data[column.name] = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
            data[column.name] = data[column.name].astype(column.kind.dtype)
        else:
            data[column.name] = pd.Series(values, dtype=cast(Any, column.kind.dtype))
    return pd.DataFrame(data)
