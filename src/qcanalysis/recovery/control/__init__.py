"""What the next order inherits from this one."""
