"""Approval rounds, reliability check and temporary terms of a client."""
