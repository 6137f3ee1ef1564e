"""What a failed inspection asks for, from the audit of its report on."""
