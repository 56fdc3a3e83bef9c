"""Base class of the errors that are shown to an operator."""


class OperatorError(RuntimeError):
    """A failure that the operator can fix: a command prints its Russian message and ends."""
