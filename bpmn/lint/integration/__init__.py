"""Rules that compare a diagram with everything context it; one function, one rule."""
