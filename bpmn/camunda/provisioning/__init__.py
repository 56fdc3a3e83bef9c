"""Provisioning of the engine: users, groups, authorizations, task filters, deployment."""
