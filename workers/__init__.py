"""Worker process: external-task topics, outbox dispatcher, mail sender, reconciliation loops."""
