"""Liveness and readiness: endpoints."""
