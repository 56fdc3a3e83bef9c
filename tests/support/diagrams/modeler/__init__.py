"""The tools of Camunda Modeler without its window: its template validator and its linter."""
