"""Rules that compare a diagram with everything around it; one function, one rule."""
