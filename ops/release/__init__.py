"""Changes the diagrams of a running engine: plan, deployment, migration of running instances."""
