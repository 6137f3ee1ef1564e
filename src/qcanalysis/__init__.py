"""Acceptance sampling and failed-inspection decisions for quality engineers."""

from importlib.metadata import version

__version__ = version("qcanalysis")
