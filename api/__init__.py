"""The deal over HTTP: the front door, identity, and the deal API."""
