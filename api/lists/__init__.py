"""Universal lists: endpoints, schemas, validation and versions of items."""
