"""What is wrong with an input file, said so that the person who keeps the file can put it right."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One fault in one input file.

    Attributes
    ----------
    file
        File name, or ``book.xlsx[sheet]`` for a sheet of a workbook.
    row
        Row as a spreadsheet shows it (the header is row 1); for ``case.yaml`` the line.
        None when the fault is in the file as a whole.
    column
        Column name, or dotted key for ``case.yaml``; empty when no single column is at fault.
    rule
        Requirement that the input breaks, such as ``"R01"``; empty for rules of plain tidiness.
    message
        What was found, with the value.
    advice
        What to do about it.

    Examples
    --------
    >>> print(Problem("skus.csv", 3, "quantity", "", "'7,000' is not a whole number",
    ...               "Write 7000."))
    skus.csv, row 3, quantity: '7,000' is not a whole number. Write 7000.
    """

    file: str
    row: int | None
    column: str
    rule: str
    message: str
    advice: str

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(self.column)
        rule = f" ({self.rule})" if self.rule else ""
        return f"{', '.join(place)}: {self.message}{rule}. {self.advice}"


class RecordsError(ValueError):
    """Input that cannot be read as a case; every fault is in `problems`.

    Examples
    --------
    >>> error = RecordsError((Problem("skus.csv", None, "", "", "the file is empty", "Fill it."),))
    >>> len(error.problems)
    1
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(value: object) -> str:
    """Value as a message quotes it: its repr, cut where it is long.

    Examples
    --------
    >>> shown("00123")
    "'00123'"
    """
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Sentence that offers the known word nearest to `word`, or lists the known words.

    Examples
    --------
    >>> did_you_mean("majr", ("critical", "major", "minor"))
    "Did you mean 'major'?"
    >>> did_you_mean("x", ("critical", "major", "minor"))
    'Use one of: critical, major, minor.'
    """
    choices = list(known)
    plain = word.strip().lower().replace(" ", "_").replace("-", "_")
    by_plain_form = {choice.lower().replace("-", "_"): choice for choice in choices}
    nearest = difflib.get_close_matches(plain, by_plain_form, n=1, cutoff=0.6)
    if nearest:
        return f"Did you mean {by_plain_form[nearest[0]]!r}?"
    return f"Use one of: {', '.join(choices)}." if choices else "There is none to choose from."
