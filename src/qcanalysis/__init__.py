"""Acceptance sampling and failed-inspection decisions for quality engineers."""

__version__ = "0.1.0"
