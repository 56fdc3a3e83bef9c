"""Storage ports: the protocols that the repositories of `db.store` implement."""
