"""HTTP API of deals, authentication, and the proxy for the engine's web applications."""
