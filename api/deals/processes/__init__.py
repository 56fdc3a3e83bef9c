"""Processes of a deal: pictures of their diagrams with what happened and where the deal stands."""
