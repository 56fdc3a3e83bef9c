"""Approval rounds and temporary terms: endpoints and responses."""
