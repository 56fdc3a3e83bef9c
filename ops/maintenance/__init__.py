"""Maintenance commands: deals, mails, access tokens."""
