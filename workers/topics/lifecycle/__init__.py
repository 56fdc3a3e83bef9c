"""Topics of every deal: registration, stages, assignment, documents, notifications, closing."""
