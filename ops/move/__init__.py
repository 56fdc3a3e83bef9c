"""Move of an installation's running processes between Camunda and Operaton, and back."""
