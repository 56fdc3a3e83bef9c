"""Documents that forms create in the demo's simulated 1C; a real 1C is never written to."""
