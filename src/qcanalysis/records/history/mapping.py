"""The mapping file: reads an agency's own export as it is, without editing it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from qcanalysis.records.history.problems import HistoryError, HistoryProblem
from qcanalysis.records.history.schema import TABLES, column
from qcanalysis.records.problems import did_you_mean, shown


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise PydanticCustomError(
            "zone", "{m}", {"m": f"{shown(name)} is no IANA time zone, such as Asia/Hong_Kong"}
        ) from error
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Strict):
    """What a history says about itself, in ``history.yaml`` or the mapping file.

    Examples
    --------
    >>> About(title="Suppliers").time_zone
    'UTC'
    """

    title: str = "Inspection history"
    is_simulated: bool = False
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    note: str = ""


class ClassMapping(_Strict):
    """Columns of a wide export that hold one defect class, and what is constant for it."""

    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)


class TableMapping(_Strict):
    """How one table of the history is found in a source.

    Attributes
    ----------
    source
        File, folder or table to read; empty for the one of the table's own name.
    columns
        Column of the history -> column of the source.
    values
        Column of the history -> {word of the source: word of the history}.
    constants
        Column of the history -> value of every row.
    classes
        Defect class -> {column of the history: column of the source}: one source row that holds
        the classes side by side becomes a row for each class. The key ``constants`` sets values
        of one class, such as its AQL.
    date_format
        Format of the dates in ``strptime`` letters, such as ``%d/%m/%Y``; empty for ISO dates.
    row_number_as
        Column that takes the number of the source row, for an export without identifiers.

    Examples
    --------
    >>> TableMapping(columns={"inspection_id": "visit"}).columns["inspection_id"]
    'visit'
    """

    source: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    classes: dict[str, ClassMapping] = Field(default_factory=dict)
    date_format: str = ""
    row_number_as: str = ""

    @model_validator(mode="before")
    @classmethod
    def _nest_classes(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("classes"), dict):
            return given
        classes = {
            name: {
                "columns": {key: value for key, value in inner.items() if key != "constants"},
                "constants": inner.get("constants", {}),
            }
            if isinstance(inner, dict) and "columns" not in inner
            else inner
            for name, inner in given["classes"].items()
        }
        return given | {"classes": classes}


class HistoryMapping(_Strict):
    """A mapping file: tables of the history, and what the history says about itself.

    Examples
    --------
    >>> HistoryMapping().table("inspections").source
    ''
    """

    inspections: TableMapping = Field(default_factory=TableMapping)
    findings: TableMapping = Field(default_factory=TableMapping)
    lots: TableMapping = Field(default_factory=TableMapping)
    deliveries: TableMapping = Field(default_factory=TableMapping)
    corrective_actions: TableMapping = Field(default_factory=TableMapping)
    suppliers: TableMapping = Field(default_factory=TableMapping)
    title: str | None = None
    is_simulated: bool | None = None
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    note: str | None = None

    def table(self, name: str) -> TableMapping:
        """Mapping of one table."""
        found: TableMapping = getattr(self, name)
        return found

    def about(self, given: About) -> About:
        """Facts of ``history.yaml`` with those the mapping sets in their place.

        Examples
        --------
        >>> HistoryMapping(title="Mine").about(About(note="kept")).note
        'kept'
        """
        own = {name: getattr(self, name) for name in About.model_fields}
        return given.model_copy(update={k: v for k, v in own.items() if v is not None})


def read_mapping(path: Path) -> HistoryMapping:
    """Mapping in a YAML file.

    Raises
    ------
    HistoryError
        With every problem of the file at once.
    """
    content = _yaml(path)
    try:
        mapping = HistoryMapping.model_validate(content)
    except ValidationError as error:
        raise HistoryError(_said(path.name, error, HistoryMapping)) from None
    problems = list(_unknown_names(path.name, mapping))
    if problems:
        raise HistoryError(problems)
    return mapping


def read_about(path: Path) -> About:
    """Facts in a ``history.yaml``.

    Raises
    ------
    HistoryError
        With every problem of the file at once.
    """
    try:
        return About.model_validate(_yaml(path))
    except ValidationError as error:
        raise HistoryError(_said(path.name, error, About)) from None


class _Loader(yaml.BaseLoader):
    """Takes every scalar as it is written (``007``, ``no``) and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value]
        for (key, _), name in zip(node.value, keys, strict=True):
            if keys.count(name) > 1:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {shown(name)} occurs twice", problem_mark=key.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def _yaml(path: Path) -> Any:
    def refused(row: int | None, message: str, advice: str) -> HistoryError:
        return HistoryError([HistoryProblem(path.name, row, "", "", message, advice)])

    try:
        content = yaml.load(path.read_text("utf-8-sig"), _Loader)
    except UnicodeDecodeError:
        raise refused(None, "the text is not UTF-8", "Save the file as UTF-8.") from None
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise refused(None, f"the file cannot be read ({reason})", "Look for it.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "bad character"
        raise refused(
            None if mark is None else mark.line + 1,
            f"the file is not valid YAML ({what})",
            "Put a text with colons, brackets, # or quotes in quotes; indent with spaces.",
        ) from None
    if not isinstance(content, dict):
        raise refused(None, "there are no keys with values here", "Write lines of key: value.")
    return content


def _said(file: str, error: ValidationError, model: type[BaseModel]) -> Iterator[HistoryProblem]:
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        message, advice = _words(fault, model)
        yield HistoryProblem(file, None, key, "", message, advice)


def _words(fault: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        level = model if len(fault["loc"]) == 1 else TableMapping
        return f"{shown(name)} is not a known key", did_you_mean(name, level.model_fields)
    if fault["type"] == "bool_parsing":
        return f"{shown(fault['input'])} is neither true nor false", "Write true or false."
    if fault["type"] in ("dict_type", "model_type"):
        return "keys with values are expected here", "Write lines of key: value, indented."
    if fault["type"] == "string_type":
        return "one value is expected here, not a list or section", "Give one value."
    return fault["msg"], "Put it right."


def _unknown_names(file: str, mapping: HistoryMapping) -> Iterator[HistoryProblem]:
    """Yield the names of columns, classes and words that no history has."""
    for table, columns in TABLES.items():
        own = mapping.table(table)
        names = [item.name for item in columns]
        yield from _unknown(file, f"{table}.columns", own.columns, names)
        yield from _unknown(file, f"{table}.values", own.values, names)
        yield from _unknown(file, f"{table}.constants", own.constants, names)
        if own.row_number_as:
            yield from _unknown(file, f"{table}.row_number_as", [own.row_number_as], names)
        for name, words in own.values.items():
            if name in names and column(table, name).allowed:
                place = f"{table}.values.{name}"
                yield from _unknown(file, place, words.values(), column(table, name).allowed)
        if own.classes and "defect_class" not in names:
            message, advice = f"{table} has no defect classes", "Delete the key."
            yield HistoryProblem(file, None, f"{table}.classes", "", message, advice)
        elif own.classes:
            classes = column(table, "defect_class").allowed
            yield from _unknown(file, f"{table}.classes", own.classes, classes)
        for defect_class, inner in own.classes.items():
            place = f"{table}.classes.{defect_class}"
            yield from _unknown(file, place, [*inner.columns, *inner.constants], names)
        yield from _set_twice(file, table, own.columns, own.constants)


def _unknown(
    file: str, key: str, given: Iterable[str], known: Iterable[str]
) -> Iterator[HistoryProblem]:
    choices = list(known)
    for name in given:
        if name not in choices:
            message = f"{shown(name)} is nothing that a history has here"
            yield HistoryProblem(file, None, key, "", message, did_you_mean(name, choices))


def _set_twice(
    file: str, table: str, columns: Mapping[str, str], constants: Mapping[str, str]
) -> Iterator[HistoryProblem]:
    for name in columns.keys() & constants.keys():
        message = f"{shown(name)} has a source column and a constant"
        yield HistoryProblem(file, None, f"{table}.{name}", "", message, "Delete one of the two.")
