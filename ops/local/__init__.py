"""The local stack of `make up`: its processes, supervisor and commands."""
