"""The demo: a new client from the first request to a won deal, played on a running suite."""

STORIES = ("client", "service")
"""Stories of the demo: a new client up to the delivery, a paid repair."""
