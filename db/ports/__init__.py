"""Storage ports: the protocols that `db.store` implements."""
