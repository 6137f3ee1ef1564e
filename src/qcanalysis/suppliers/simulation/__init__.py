"""Inspection histories drawn from a seed, with the rates that they were drawn from."""

from qcanalysis.suppliers.simulation.history import SimulatedHistory, simulate_history

__all__ = ["SimulatedHistory", "simulate_history"]
