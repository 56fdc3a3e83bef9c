"""Event logs for process mining, from the history of deals."""
