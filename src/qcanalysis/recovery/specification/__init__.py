"""Lines that can be inspected, what conforms to them, and wording that cannot."""
