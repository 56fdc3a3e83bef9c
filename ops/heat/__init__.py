"""Numbers on the diagrams: how many instances stand where, how long, how often refused."""
