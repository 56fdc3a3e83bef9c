"""Bindings of numbers to rows of 1C and differences between them."""
