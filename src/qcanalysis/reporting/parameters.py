"""Typed parameters of a notebook, checked before a kernel starts.

A parameter is a line ``name: type = default  # meaning [unit]`` of the cell tagged
``parameters``. Types: ``int float str bool list[...] dict[..., ...]``; in a plain ``list`` or
``dict`` an element is a number if it can be nothing else. Values arrive as
text (command line, YAML) and are read by the declared type alone, so that ``00123`` stays
text where the notebook says ``str``.
"""

import ast
import difflib
import io
import math
import os
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode

from qcanalysis.reporting.notebook import NotebookError, cell_tags

_SECRET = re.compile(r"passw(or)?d|secret|token|api_?key|credential|private_?key", re.IGNORECASE)
PATH_ENDINGS = ("_dir", "_file", "_path")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_EXAMPLES = {"int": "20000", "float": "2.5", "bool": "true", "str": "00123"}


@dataclass(frozen=True)
class Parameter:
    """A declared parameter: name, type as written, default value, meaning with [unit]."""

    name: str
    type_name: str
    default: Any
    help: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type_name} = {self.default!r}  # {self.help}".rstrip(" #")


class ParameterError(ValueError):
    """Parameters that a notebook does not take; ``problems`` lists every one."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def declared_parameters(notebook: NotebookNode) -> tuple[Parameter, ...]:
    """Parameters of `notebook` in the order of its parameters cell.

    Raises
    ------
    NotebookError
        If a line of that cell has no type, an unknown type, a default that is no literal or
        not of its type, or a name that looks like a secret: parameters are shown in reports.
    """
    source = "".join(cell.source for cell in notebook.cells if "parameters" in cell_tags(cell))
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise NotebookError(f"parameters cell, line {error.lineno}: {error.msg}") from error
    comments = _comments_by_line(source)
    return tuple(_parameter(statement, comments) for statement in tree.body)


def _parameter(statement: ast.stmt, comments: Mapping[int, str]) -> Parameter:
    line = ast.unparse(statement)
    if not (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    ):
        raise NotebookError(
            f"parameters cell: {line!r} must read 'name: type = default  # meaning [unit]'."
        )
    name, type_name = statement.target.id, ast.unparse(statement.annotation)
    if _SECRET.search(name):
        raise NotebookError(
            f"parameter {name}: looks like a secret, and a report shows its parameters. "
            "Read it from the environment in the code that needs it."
        )
    try:
        default = _coerced(ast.literal_eval(statement.value), statement.annotation)
    except ValueError as error:
        raise NotebookError(f"parameter {name}: its default {error}") from error
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    meaning = next((comments[number] for number in lines if number in comments), "")
    return Parameter(name, type_name, default, meaning)


def _comments_by_line(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def checked_parameters(
    declared: tuple[Parameter, ...], given: Mapping[str, object]
) -> dict[str, Any]:
    """Given values, each of its declared type.

    Parameters
    ----------
    declared : tuple of Parameter
        What the notebook takes.
    given : mapping
        Values by name: text to be read by the declared type, or values of that type.

    Raises
    ------
    ParameterError
        With every unknown name ("did you mean") and every value of another type.

    Examples
    --------
    >>> lot = Parameter("lot_id", "str", "", "lot")
    >>> checked_parameters((lot,), {"lot_id": "00123"})
    {'lot_id': '00123'}
    """
    by_name = {parameter.name: parameter for parameter in declared}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if name not in by_name:
            problems.append(_unknown(name, by_name))
            continue
        try:
            values[name] = _coerced(value, _type_expression(by_name[name].type_name))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise ParameterError(problems)
    return values


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"{name}: no such parameter; did you mean {near[0]}?"
    names = ", ".join(known) or "none"
    return f"{name}: no such parameter; the notebook takes: {names}."


def _type_expression(type_name: str) -> ast.expr:
    return ast.parse(type_name, mode="eval").body


def _coerced(value: object, kind: ast.expr) -> Any:
    match kind:
        case ast.Name(id="str" | "int" | "float" | "bool" as scalar):
            return _scalar(value, scalar)
        case ast.Name(id="list"):
            return _coerced(value, _type_expression("list[Any]"))
        case ast.Name(id="dict"):
            return _coerced(value, _type_expression("dict[str, Any]"))
        case ast.Name(id="Any"):
            return _untyped(value)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            values = _read_flow(value)
            if isinstance(values, list):
                return [_coerced(element, item) for element in values]
            raise ValueError(f"{value!r} is not a list; write it as [a, b].")
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, item])):
            values = _read_flow(value)
            if isinstance(values, dict):
                return {_coerced(k, key): _coerced(v, item) for k, v in values.items()}
            raise ValueError(f"{value!r} is not a mapping; write it as {{a: b}}.")
    raise ValueError(
        f"has the type {ast.unparse(kind)}; use int, float, str, bool, list[...] or dict[..., ...]."
    )


def _untyped(value: object) -> Any:
    """An element without a declared type: text that can only be a number is one."""
    match value:
        case list():
            return [_untyped(element) for element in value]
        case dict():
            return {str(key): _untyped(element) for key, element in value.items()}
        case str() if re.fullmatch(r"[+-]?(0|[1-9][0-9]*)", value):
            return int(value)
        case str() if re.fullmatch(r"[+-]?(0|[1-9][0-9]*)\.[0-9]+", value):
            return float(value)
        case "true" | "false":
            return value == "true"
    return value


def _scalar(value: object, scalar: str) -> object:
    if scalar == "str" and isinstance(value, str):
        return value
    if scalar == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if scalar == "int" and isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value.strip()):
        return int(value)
    if scalar == "bool" and isinstance(value, bool):
        return value
    if scalar == "bool" and isinstance(value, str) and value.strip().lower() in _BOOLEANS:
        return _BOOLEANS[value.strip().lower()]
    if scalar == "float" and isinstance(value, str | int | float) and not isinstance(value, bool):
        return _finite(value)
    raise ValueError(
        f"{value!r} is not of the type {scalar}; write it like {_EXAMPLES[scalar]}"
        + ("." if scalar != "str" else ", as text.")
    )


def _finite(value: str | int | float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number (float); write it like 2.5.")
    return number


def _read_flow(value: object) -> object:
    """Nested text of a list or mapping written on one line; other values as they are."""
    if not isinstance(value, str):
        return value
    try:
        return _text_tree(yaml.compose(value, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return value


def read_parameter_file(path: Path) -> dict[str, object]:
    """Parameters of a YAML file, every scalar as its text: types are the notebook's to say.

    Raises
    ------
    ParameterError
        If the file is no YAML mapping, names a parameter twice, or leaves one empty.
    """
    try:
        tree = _text_tree(yaml.compose(path.read_text("utf-8-sig"), Loader=yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ParameterError([f"{path.name}: {error}"]) from error
    if not isinstance(tree, dict):
        raise ParameterError([f"{path.name}: must hold lines 'name: value'."])
    return tree


def _text_tree(node: yaml.Node | None) -> Any:
    match node:
        case yaml.ScalarNode(tag="tag:yaml.org,2002:null") | None:
            line = node.start_mark.line + 1 if node else 1
            raise ValueError(f"line {line} has no value; write '' for text that is not stated.")
        case yaml.SequenceNode():
            return [_text_tree(item) for item in node.value]
        case yaml.MappingNode():
            pairs = [(_text_tree(key), _text_tree(item)) for key, item in node.value]
            names = [str(key) for key, _ in pairs]
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"{', '.join(repeated)} is given more than once.")
            return dict(zip(names, (item for _, item in pairs), strict=True))
    return node.value


def paths_from_notebook(
    values: Mapping[str, Any], *, notebook_folder: Path, caller_folder: Path
) -> dict[str, Any]:
    """`values` with path parameters (``*_dir``, ``*_file``, ``*_path``) as the notebook sees them.

    A kernel runs in its notebook's folder, a person types paths from where he stands: what
    exists from `caller_folder` is rewritten relative to `notebook_folder`.

    Raises
    ------
    ParameterError
        If a path exists from neither folder.
    """
    seen, problems = dict(values), []
    for name, value in values.items():
        if not name.endswith(PATH_ENDINGS) or not isinstance(value, str) or not value:
            continue
        if (caller_folder / value).exists():
            seen[name] = Path(os.path.relpath(caller_folder / value, notebook_folder)).as_posix()
        elif not (notebook_folder / value).exists():
            problems.append(f"{name}: no file or folder {value!r}; give a path from here.")
    if problems:
        raise ParameterError(problems)
    return seen
