"""Task assignment: absences, assignee preview, reassignment of open tasks."""
