"""Maintenance commands: deals, e-mails, access tokens."""
