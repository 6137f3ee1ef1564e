"""What a notebook shows: an answer, a table, a figure, a list, where it all comes from.

Each function emits one output with a plain-text twin (printed outside a notebook) and computes
nothing. Everything that
comes from data is escaped here: it shows as text, whatever it holds.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython import get_ipython
from IPython.display import display

import qcanalysis
from qcanalysis.reporting.tables import (
    cell_markup,
    cell_text,
    escaped,
    framed_table,
    table_markup,
    written_table,
)
from qcanalysis.reporting.wording import NOT_STATED, STATE_LABELS, State, visible_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HTML = "text/html"


def show_answer(sentence: str, *, state: State) -> None:
    """Show the verdict of a notebook; its page repeats the first one under the heading.

    Parameters
    ----------
    sentence : str
        The answer with its reason, one sentence.
    state : {"good", "bad", "caution", "unknown"}
        Also said in a word, since colour alone tells nothing to some readers.

    Raises
    ------
    ValueError
        If the sentence is empty or the state unknown.

    Examples
    --------
    >>> show_answer("The lot is accepted: 7 found, 14 allowed.", state="good")
    Good: The lot is accepted: 7 found, 14 allowed.
    """
    if state not in STATE_LABELS:
        raise ValueError(f"state {state!r}: must be one of {', '.join(STATE_LABELS)}.")
    if not sentence.strip():
        raise ValueError("sentence is empty: an answer must say something.")
    label = STATE_LABELS[state]
    markup = (
        f'<p class="answer answer-{state}"><strong class="answer-state">{label}</strong> '
        f"{escaped(sentence)}</p>"
    )
    answer = {"answer": visible_text(sentence), "state": state}
    _emit(_HTML, markup, f"{label}: {sentence}", {"qcanalysis": answer})


def show_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    formats: Mapping[str, str] | None = None,
    missing: str = NOT_STATED,
) -> None:
    """Show a table with a caption; the first column names its rows.

    Parameters
    ----------
    frame : DataFrame
        One header row. A named index becomes the first column, an unnamed one is left out.
    caption : str
        What the table shows.
    formats : mapping, optional
        Column to format, as "{:.1%}" or ",.0f"; it goes before that of
        :mod:`~qcanalysis.reporting.columns`, which also heads the columns. Else whole numbers
        get thousands separators, others up to four digits.
    missing : str
        Text of a cell without a value.

    Raises
    ------
    ValueError
        If there is no caption, a format names no column, or headers have several rows.

    Examples
    --------
    >>> show_table(pd.DataFrame({"SKU": ["pins"], "lot": [8000]}), caption="Lots")
    Lots
     SKU   Lot
    pins 8,000
    """
    table = frame.reset_index() if frame.index.name is not None else frame
    unknown = sorted(set(formats or {}) - set(table.columns))
    if not caption.strip() or unknown or table.columns.nlevels > 1:
        raise ValueError(
            f"caption {caption!r}, formats without a column: {unknown or 'none'}, header rows: "
            f"{table.columns.nlevels}; a table needs a caption, formats for its own columns and "
            "one header row."
        )
    written = written_table(table, formats=formats, missing=missing)
    plain = written.plain() if written.rows else "no rows"
    markup = table_markup(written.headings, written.rows, caption, written.numeric, missing)
    _emit(_HTML, markup, f"{caption}\n{plain}")


def show_figure(figure: "Axes | Figure", *, alt: str, caption: str = "") -> None:
    """Show a figure once, with its description, and close it.

    Parameters
    ----------
    figure : Axes or Figure
        What was drawn; draw and show it in the same cell.
    alt : str
        What the figure shows, for a reader who cannot see it.
    caption : str
        Line under the figure in a report.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    from qcanalysis.reporting.figures import close_figure, encoded_figure

    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the figure shows.")
    kind, content = encoded_figure(figure, salt=alt)
    close_figure(figure)
    alt, caption = visible_text(alt), visible_text(caption)
    _emit(kind, content, f"Figure: {alt}", {kind: {"alt": alt}, "qcanalysis": {"caption": caption}})


def show_inputs(values: Mapping[str, object], *, caption: str = "Values in force") -> None:
    """Show the parameters in force.

    Parameters
    ----------
    values : mapping
        Parameter name to its value, or to ``(meaning, value)`` or ``(meaning, value, unit)``.
    caption : str
        What the table shows.

    Examples
    --------
    >>> show_inputs({"lot_size": ("Lot size", 20000, "items"), "seed": 1})
    Values in force
    Lot size: 20,000 items (lot_size)
    seed: 1
    """
    cells, lines = [], []
    for name, given in values.items():
        meaning, value, unit = _meaning(name, given)
        text = cell_text(value, "", NOT_STATED)
        text = f"{text} {unit}".strip() if text != NOT_STATED else text
        small = f'<span class="name">{escaped(name)}</span>' if name != meaning else ""
        cells.append(
            f'<tr><th scope="row">{escaped(meaning)}{small}</th>'
            f"{cell_markup('td', text, {'missing': text == NOT_STATED})}</tr>"
        )
        lines.append(f"{meaning}: {text}" + (f" ({name})" if small else ""))
    markup = framed_table(caption, ["Input", "Value"], [False, False], "".join(cells))
    _emit(_HTML, markup, "\n".join([caption, *lines]))


def show_list(items: Sequence[str], *, title: str) -> None:
    """Show a titled list; an empty one says "none".

    Examples
    --------
    >>> show_list(["Which sample size?", "Which AQL?"], title="Questions to the agency")
    Questions to the agency
    - Which sample size?
    - Which AQL?
    """
    entries = list(items) or ["none"]
    bullets = "".join(f"<li>{escaped(item)}</li>" for item in entries)
    plain = "\n".join([title, *(f"- {item}" for item in entries)])
    _emit(_HTML, f'<p class="list-title">{escaped(title)}</p><ul>{bullets}</ul>', plain)


def show_note(text: str) -> None:
    """Show a remark, set apart from the text around it.

    Examples
    --------
    >>> show_note("Sample sizes are not stated in the report.")
    Sample sizes are not stated in the report.
    """
    _emit(_HTML, f'<p class="note">{escaped(text)}</p>', text)


def show_provenance(
    *,
    inputs: Sequence[tuple[str, str]],
    tables: str,
    parameters: Mapping[str, object],
    seed: int | str | None,
) -> None:
    """Show where the numbers come from; the page adds the facts of the run.

    Parameters
    ----------
    inputs : sequence of (file name, SHA-256)
        Files that were read.
    tables : str
        Standard, edition and source of the tables in use.
    parameters : mapping
        Parameter name to value in force.
    seed : int, str or None
        Seed of the random numbers, or why it is not told; None if there were none.
    """
    rows = [["Software", f"qcanalysis {qcanalysis.__version__}"], ["Standard and tables", tables]]
    rows += [[f"Input file {name}", f"SHA-256 {digest}"] for name, digest in inputs]
    rows += [
        [f"Parameter {name}", cell_text(value, "", NOT_STATED)]
        for name, value in parameters.items()
    ]
    rows.append(["Seed", "no random numbers" if seed is None else str(seed)])
    caption = "Where the numbers come from"
    plain = "\n".join([caption, *(f"{name}: {value}" for name, value in rows)])
    markup = table_markup(["Fact", "Value"], rows, caption, [False, False], NOT_STATED)
    _emit(_HTML, markup, plain)


def _emit(kind: str, content: str, plain: str, metadata: Mapping[str, Any] | None = None) -> None:
    """Show `content` of a mime type in a notebook; elsewhere print its plain-text twin."""
    plain = visible_text(plain)
    if get_ipython() is None:
        print(plain)
        return
    data = {kind: content, "text/plain": plain}
    display(data, metadata=metadata or {}, raw=True)  # type: ignore[no-untyped-call]


def _meaning(name: str, given: object) -> tuple[str, object, str]:
    match given:
        case (str() as meaning, value):
            return meaning, value, ""
        case (str() as meaning, value, str() as unit):
            return meaning, value, unit
    return name, given, ""
