"""Access of the API to the Camunda engine: nodes, users, tasks, messages."""
