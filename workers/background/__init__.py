"""Background loops of the worker process: outbox dispatcher, mail sender, reconcilers."""
