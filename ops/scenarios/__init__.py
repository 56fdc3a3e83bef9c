"""Scenarios: YAML files that play a deal through the diagrams, their player, recorder, coverage."""
