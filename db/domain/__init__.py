"""The business in plain Python: deals, stages, approvals, errors."""
