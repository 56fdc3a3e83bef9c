"""The demo: stories that its employees play on a running suite."""

STORIES = ("client", "service", "product", "company")
"""A new client up to the delivery, a paid repair, a new product, a company of sixty deals."""
