"""Who is calling: people by Tasklist session or password, machines by token."""

from api.auth.callers import Authenticator, current_principal
from api.auth.principal import Kind, Principal
from api.auth.tokens import SCOPES

__all__ = ["SCOPES", "Authenticator", "Kind", "Principal", "current_principal"]
