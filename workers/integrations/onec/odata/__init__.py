"""Client of 1C's standard OData interface: HTTP, error responses, literals and typed rows."""
