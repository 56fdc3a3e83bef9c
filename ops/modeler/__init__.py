"""Kit for Camunda Modeler: element templates of the contracts, lint rules for the canvas."""
