"""Operation of the suite: local stack, containers, backup, demo, maintenance, developer tools."""
