"""One page per supplier, in parallel, unattended, again and again.

Nothing is imported here, so that a run with nothing to do ends at once:

- :mod:`~qcanalysis.reporting.batch.scorecards`: history in, pages, tables and index out;
- :mod:`~qcanalysis.reporting.batch.run`: the pages of one notebook, only those that changed;
- :mod:`~qcanalysis.reporting.batch.workers`, :mod:`~qcanalysis.reporting.batch.cluster`: where
  they are made; both run the same :class:`~qcanalysis.reporting.batch.pages.PageMaker`;
- :mod:`~qcanalysis.reporting.batch.keys`, :mod:`~qcanalysis.reporting.batch.ledger`: what need
  not be made again;
- :mod:`~qcanalysis.reporting.batch.storage`, :mod:`~qcanalysis.reporting.batch.lock`: whole
  files at any address, by one run at a time.
"""
