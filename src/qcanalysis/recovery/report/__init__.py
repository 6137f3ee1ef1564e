"""What the inspection report says and leaves out, held against the standard."""
