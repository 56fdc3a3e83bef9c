"""The business in plain Python: deals, stages, approvals, errors. Imports nothing of ours but itself."""
