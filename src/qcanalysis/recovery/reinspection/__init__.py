"""The next visit: plans, cartons, checks, and what its results say."""
