"""Topics of repairs: answers of engineers, managers and heads of the service."""
