"""The catalog of deals: endpoints and schemas."""
