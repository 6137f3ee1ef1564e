"""The nine ways out of a failure: feasible or barred, days, chances, costs, decision."""
