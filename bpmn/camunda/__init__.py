"""Camunda 7 engine: REST client, server process, provisioning and deployment."""
