"""Roles, absences, task assignment, login throttling and kinds of notifications."""
