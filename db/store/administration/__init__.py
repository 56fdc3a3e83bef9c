"""Repositories kept by administrators: lists, absences, tokens, login attempts, sessions."""
