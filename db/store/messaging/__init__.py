"""Repositories of messages and once-only effects: outbox, mails, notifications, locks."""
