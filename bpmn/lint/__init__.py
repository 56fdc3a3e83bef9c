"""The diagram gate: rules of one diagram and checks against workers, forms, roles, catalog."""
