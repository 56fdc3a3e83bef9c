"""History of a deal: endpoints, schemas and texts."""
