"""Repositories of messages and once-only effects: outbox, e-mails, notifications, locks."""
