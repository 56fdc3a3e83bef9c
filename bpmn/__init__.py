"""The processes: diagrams, decision tables, the gate that checks them, and the engine that runs them."""
