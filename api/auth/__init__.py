"""Who is calling: people by Tasklist session or password, machines by token."""

from api.auth.callers import Identity, current_principal
from api.auth.principal import Kind, Principal
from api.auth.tokens import SCOPES

__all__ = ["SCOPES", "Identity", "Kind", "Principal", "current_principal"]
