"""Work of heads: load per person, overdue tasks, and handing over everything of a person."""
