"""Domain model and rules in plain Python, without frameworks and I/O."""
