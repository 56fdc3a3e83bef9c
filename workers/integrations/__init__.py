"""The outside world: adapters behind small protocols."""
