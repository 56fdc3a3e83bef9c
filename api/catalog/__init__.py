"""The deal catalog: endpoints."""
