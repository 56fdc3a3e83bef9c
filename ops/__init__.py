"""How the suite is run: all parts on one desk, or prepared, watched and saved in containers."""
