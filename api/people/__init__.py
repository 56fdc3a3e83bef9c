"""The caller and the members of roles: endpoints and schemas."""
