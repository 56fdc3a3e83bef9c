"""Filters of the deal list that people saved, each for themselves."""
