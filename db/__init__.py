"""The deal: its rules, its catalogue and its storage."""
