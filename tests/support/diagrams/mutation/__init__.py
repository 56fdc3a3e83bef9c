"""Mutants of the delivered diagrams: seeded mistakes and harmless edits, to score the gate."""
