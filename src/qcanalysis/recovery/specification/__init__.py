"""Lines that can be inspected, what conforms to them, and wording that cannot."""

from qcanalysis.recovery.specification.lines import lint

__all__ = ["lint"]
