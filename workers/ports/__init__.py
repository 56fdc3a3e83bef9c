"""Ports of the workers: protocols of the external systems that topics depend on."""
