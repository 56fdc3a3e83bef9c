"""The engine itself: its locked jars, launcher, configuration, people and deployment, and its REST client."""
