"""Benchmarks on an own engine and PostgreSQL: harness, commands of `make bench*`, other clients."""
