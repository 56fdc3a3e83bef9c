"""Settings: reading from secret files, environment and `.env`, and their errors."""
