"""Notebooks in, reports out: run, display, render, list.

No other module is imported here, so that a notebook which only displays results does not pay
for the machinery that runs notebooks. Import the module you need:

- :mod:`~qcanalysis.reporting.display`: what a notebook shows (answer, table, figure);
- :mod:`~qcanalysis.reporting.plots`: figures of result objects;
- :mod:`~qcanalysis.reporting.parameters`: typed parameters of a notebook;
- :mod:`~qcanalysis.reporting.runner`: one notebook to one report;
- :mod:`~qcanalysis.reporting.index`: the list of the reports of a run.
"""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
"""Folder of the templates, styles and scripts of pages and documents."""
