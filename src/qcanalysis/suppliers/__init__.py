"""Suppliers judged by their record: rates, ranking, warning of deterioration, severity."""
