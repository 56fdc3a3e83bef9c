"""Operation in containers: preparation of the databases, `.env`, health check, watchdog."""
