"""News of changes for the pages of the desk: server-sent events."""
