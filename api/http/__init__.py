"""HTTP building blocks shared by all endpoints: problems, JSON, pagination, idempotency."""
