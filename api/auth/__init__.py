"""Authentication of employees (password or Tasklist session) and machines (access token)."""

from api.auth.authenticator import Authenticator, current_principal
from api.auth.principal import Principal, PrincipalKind
from api.auth.tokens import SCOPES

__all__ = ["SCOPES", "Authenticator", "Principal", "PrincipalKind", "current_principal"]
