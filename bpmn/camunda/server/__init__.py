"""The embedded Camunda server: locked jars, configuration, launcher."""
