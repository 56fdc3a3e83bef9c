"""The system steps: external-task workers, the dispatcher of the outbox, the sender of letters."""
