"""Notes of a deal: endpoints and schemas."""
