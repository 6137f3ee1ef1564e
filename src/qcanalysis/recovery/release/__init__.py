"""Which cartons may go, and which stay."""
