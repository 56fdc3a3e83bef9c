"""Settings of docker-compose.yml, and generation of a new `.env`."""

import os
import secrets
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from db.config.operator_error import OperatorError
from db.config.settings import Port, Settings, WebAddress
from db.vapid import PushKey

HTTPS, HTTP = 443, 80

DEMO = (
    "COMPOSE_PROFILES=demo",
    "PIT_DEMO=true",
    "PIT_SIMULATOR_URL=http://onec:8091/trade",
    "PIT_CATCHER_HOST=mail",
    "PIT_CATCHER_PORT=1025",
    "PIT_CATCHER_SECURITY=none",
)


class EnvExists(OperatorError):
    """The file exists; its secrets may be in use."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Файл {path} уже есть, его секреты могут быть в силе. "
            "Если установка новая, переименуйте его и повторите."
        )


class ComposeSettings(Settings):
    """Read from ``PIT_*`` variables by docker-compose.yml only."""

    model_config = SettingsConfigDict(env_prefix="PIT_")

    domain: str = "localhost"
    """Host name that people open."""
    public_url: WebAddress = "https://localhost"
    """URL that people open: https://, the host name, and the port if it is not 443."""
    https_port: Port = HTTPS
    """Published HTTPS port of this machine."""
    http_port: Port = HTTP
    """Published HTTP port of this machine; redirects to HTTPS."""
    grafana_port: Port = 3000
    """Port of Grafana in the profile `monitoring`; published for this machine only."""
    tls: str = "internal"
    """Certificate: `internal` (Caddy's own authority), an e-mail address (Let's Encrypt; the host
    must be reachable from the internet), or files: `/certs/cert.pem /certs/key.pem`."""
    certs: str = "./certs"
    """Directory of this machine that is mounted as /certs."""
    secrets: str = "./secrets"
    """Directory of secret files for docker-compose.secrets.yml."""
    version: str = "local"
    """Tag of the images."""
    postgres_password: SecretStr = SecretStr("")
    """Password of PostgreSQL's superuser; only `setup`, `care` and the database get it."""
    deals_db_password: SecretStr = SecretStr("")
    """Password of the database role of API and workers."""
    engine_db_password: SecretStr = SecretStr("")
    """Password of the database role of the engine."""
    admin_password: SecretStr = SecretStr("")
    """Password of the engine's administrator `admin`, who creates user accounts."""
    worker_password: SecretStr = SecretStr("")
    """Password of the engine account `svcWorker`."""
    api_password: SecretStr = SecretStr("")
    """Password of the engine account `svcApi`."""
    deploy_password: SecretStr = SecretStr("")
    """Password of the engine account `svcDeploy`."""
    push_key: SecretStr | None = None
    """Private VAPID key of the company for notifications by browsers: `PUSH_PRIVATE_KEY`. A new
    one: `python manage.py push-key`."""
    demo_password: SecretStr = SecretStr("")
    """Password of all demo users."""
    demo: bool = False
    """Create the demo company's users and lists; needs `COMPOSE_PROFILES=demo`."""
    simulator_url: WebAddress | None = None
    """URL of the 1C simulator; `ONEC_URL` overrides it."""
    simulator_password: SecretStr = SecretStr("")
    """Password of the 1C simulator."""
    catcher_host: str = ""
    """Host of the mail catcher; `SMTP_HOST` overrides it."""
    catcher_port: Port | None = None
    """Port of the mail catcher."""
    catcher_security: str = ""
    """Transport security of the mail catcher: `none`."""
    engines: int = Field(1, ge=1, le=100)
    """Number of engine nodes; `docker compose up -d --scale engine=2` overrides it."""
    workers: int = Field(1, ge=1, le=100)
    """Number of worker processes."""
    apis: int = Field(1, ge=1, le=100)
    """Number of API processes."""
    engine_xmx: str = "512m"
    """Java heap size of one engine node."""


SECRETS = tuple(
    name for name, field in ComposeSettings.model_fields.items() if field.annotation is SecretStr
)


def fresh_env(
    path: Path, *, domain: str, https_port: int = HTTPS, http_port: int = HTTP, demo: bool = False
) -> None:
    """Write a new `.env` with random secrets, mode 0600.

    Raises: EnvExists; an existing file is not changed.
    """
    port = "" if https_port == HTTPS else f":{https_port}"
    lines = [
        "# Сделано командой `make env`. Здесь пароли: не показывайте и не храните в репозитории.",
        f"PIT_DOMAIN={domain}",
        f"PIT_PUBLIC_URL=https://{domain}{port}",
        f"PIT_HTTPS_PORT={https_port}",
        f"PIT_HTTP_PORT={http_port}",
        "PIT_TLS=internal",
        *(f"PIT_{name.upper()}=Aa1-{secrets.token_urlsafe(24)}" for name in SECRETS),
        f"PIT_PUSH_KEY={PushKey.new().text}",
    ]
    if demo:
        lines += DEMO
    text = "\n".join(lines) + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise EnvExists(path) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
