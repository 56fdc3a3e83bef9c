"""External-task runner: fetch and lock, execute, report; the only package that uses the client."""
