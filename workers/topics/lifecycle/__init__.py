"""Topics of a deal's life: registration, stages, assignment, notifications, closing."""
