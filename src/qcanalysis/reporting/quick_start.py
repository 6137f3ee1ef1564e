"""Imported before nbformat in processes that are wholly ours, so that they start quickly.

jsonschema, which nbformat checks notebooks with, loads a checker of each format it finds installed
(JupyterLab brings them); one compiles a grammar of internationalised addresses for two seconds.
Without these it goes without the formats, which no notebook schema asks for.
"""

import sys

for _name in ("rfc3987_syntax", "rfc3986_validator", "isoduration"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
