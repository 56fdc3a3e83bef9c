"""What docker-compose.yml reads from `.env`, and how a fresh `.env` is made."""

import os
import secrets
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from db.config.operator_error import OperatorError
from db.config.settings import Port, Settings, WebAddress

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
    """Read from ``PIT_*``: only docker-compose.yml uses them, `make up` does not."""

    model_config = SettingsConfigDict(env_prefix="PIT_")

    domain: str = "localhost"
    """Host name of the one address that people open."""
    public_url: WebAddress = "https://localhost"
    """The same as a browser shows it: with https:// and, if it is not 443, the port."""
    https_port: Port = HTTPS
    """Port of this machine that leads to the front."""
    http_port: Port = HTTP
    """The same without TLS; it only sends people on to https."""
    tls: str = "internal"
    """`internal` (Caddy's own authority), an e-mail address (Let's Encrypt; the machine must be
    reachable from the internet), or own files: `/certs/cert.pem /certs/key.pem`."""
    certs: str = "./certs"
    """Directory of this machine that the front sees as /certs."""
    secrets: str = "./secrets"
    """Directory of secret files, with docker-compose.secrets.yml."""
    version: str = "local"
    """Tag of the images."""
    postgres_password: SecretStr = SecretStr("")
    """Of PostgreSQL's superuser; only `setup`, `care` and the database know it."""
    deals_db_password: SecretStr = SecretStr("")
    """Of the database role that API and workers use."""
    engine_db_password: SecretStr = SecretStr("")
    """Of the database role that the engine uses."""
    admin_password: SecretStr = SecretStr("")
    """Of the engine's administrator `admin`, who makes accounts for people."""
    worker_password: SecretStr = SecretStr("")
    """Of the engine's account `svcWorker`."""
    api_password: SecretStr = SecretStr("")
    """Of the engine's account `svcApi`."""
    deploy_password: SecretStr = SecretStr("")
    """Of the engine's account `svcDeploy`."""
    demo_password: SecretStr = SecretStr("")
    """Of all demo people."""
    demo: bool = False
    """The people of the made-up company exist. `COMPOSE_PROFILES=demo` belongs to it."""
    simulator_url: WebAddress | None = None
    """The demo's 1C; ONEC_URL wins over it."""
    simulator_password: SecretStr = SecretStr("")
    """With which the demo's workers ask the simulator."""
    catcher_host: str = ""
    """The demo's mail server; SMTP_HOST wins over it."""
    catcher_port: Port | None = None
    """Its port."""
    catcher_security: str = ""
    """Its `none`."""
    engines: int = Field(1, ge=1, le=100)
    """How many engine nodes; `docker compose up -d --scale engine=2` wins over it."""
    workers: int = Field(1, ge=1, le=100)
    """How many worker processes."""
    apis: int = Field(1, ge=1, le=100)
    """How many API processes."""
    engine_xmx: str = "512m"
    """Memory of one engine node's heap."""


SECRETS = tuple(
    name for name, field in ComposeSettings.model_fields.items() if field.annotation is SecretStr
)


def fresh_env(
    path: Path, *, domain: str, https_port: int = HTTPS, http_port: int = HTTP, demo: bool = False
) -> None:
    """Write a `.env` with random secrets, readable by its owner only.

    Raises: EnvExists; nothing is overwritten.
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
