"""Typed client of Camunda's REST API."""
