"""User tasks: endpoints, the variables that forms submit, and the right to complete a task."""
