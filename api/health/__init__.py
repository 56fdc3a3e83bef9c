"""Liveness and readiness: endpoints, schemas and checks."""
