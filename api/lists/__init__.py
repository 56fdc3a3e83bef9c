"""Universal lists: endpoints and their rules."""
