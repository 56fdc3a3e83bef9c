"""The engine itself: its locked jars, launcher, configuration, people, deployment, REST client."""
