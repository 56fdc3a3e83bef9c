"""The demo: a new client from the first request to a won deal, played on a running suite."""
