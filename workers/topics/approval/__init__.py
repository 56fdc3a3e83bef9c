"""Topics of approval: rounds, decisions, temporary terms."""
