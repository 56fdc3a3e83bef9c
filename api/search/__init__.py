"""Search of deals by whatever a person knows of them, and duplicates of a new deal."""
