"""The processes: diagrams, the gate that checks them, and the engine that runs them."""
