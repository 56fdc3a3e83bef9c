"""Client of 1C's standard OData interface."""
