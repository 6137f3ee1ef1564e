"""Imported before nbformat in processes that are wholly ours, so that they start quickly.

jsonschema, which nbformat checks notebooks with, compiles a grammar of internationalised
addresses when ``rfc3987_syntax`` is there (JupyterLab brings it): two seconds of processor time,
for a format that no notebook schema asks for. Without that module it goes without the format.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
