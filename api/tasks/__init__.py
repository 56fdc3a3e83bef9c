"""Open user tasks: endpoints and what forms of the diagrams send."""
