"""Domain services shared by topics and background reconcilers."""
