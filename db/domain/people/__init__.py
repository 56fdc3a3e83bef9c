"""Roles, absences, task assignment and login throttling."""
