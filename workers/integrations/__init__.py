"""Adapters to external systems; most implement the protocols of `workers.ports`."""
