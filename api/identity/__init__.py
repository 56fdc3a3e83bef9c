"""Who is calling: people by Tasklist session or password, machines by token."""

from api.identity.callers import Identity, current_principal
from api.identity.principal import Kind, Principal
from api.identity.tokens import SCOPES

__all__ = ["SCOPES", "Identity", "Kind", "Principal", "current_principal"]
