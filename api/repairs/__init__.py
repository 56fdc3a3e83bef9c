"""Endpoints of repairs beside those of every deal: orders of parts, offers of the cost."""
