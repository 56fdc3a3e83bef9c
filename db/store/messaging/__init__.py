"""Repositories of what leaves the transaction: outbox, mails, notifications, idempotency, locks."""
