"""Runtime of external tasks: topic contract, execution in one transaction, runner."""
