"""Checks of diagrams against workers, forms, roles and catalog; one function per check."""
