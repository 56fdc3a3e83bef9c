"""Tracebacks that may be shown: where it happened, never with which values."""

import traceback


def frames(error: BaseException) -> str:
    """The traceback without messages: those may quote personal data or SQL parameters."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None:
        trace = "".join(traceback.format_tb(current.__traceback__))
        chain.append(f"{trace}{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\n\nwhich led to\n\n".join(reversed(chain))
