"""Topics of the approval of a client: rounds, decisions, temporary terms."""
