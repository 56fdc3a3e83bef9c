"""Settings of the embedded suite."""

from pathlib import Path

from db.config.settings import DatabaseAddress, Directory, HostName, Port, Settings

ROOT = Path(__file__).resolve().parents[2]


class SuiteSettings(Settings):
    """What `up` needs to know; each name is an environment variable."""

    host: HostName = "127.0.0.1"
    """Address that people open; with `DEMO=true` only 127.0.0.1."""
    port: Port = 8000
    """Port of that address."""
    data_dir: Directory = ROOT / ".data"
    """Everything that is kept: databases, files, logs, secrets."""
    database_url: DatabaseAddress | None = None
    """None: SQLite in the data directory."""
    demo: bool = True
    """A made-up company with people, lists and a 1C simulator."""
    demo_password: str = "Pit-2026-demo"
    """Of all demo people."""
    onec_url: str | None = None
    """None with `demo`: the simulator is started."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'deals.sqlite3'}"

    @property
    def state(self) -> Path:
        return self.data_dir / "run.json"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"
