"""Domain rules that read the storage: pure rules of `db.domain` applied to what is stored."""
