"""Settings of the local stack that `make up` starts."""

from pathlib import Path

from db.config.settings import DatabaseAddress, Directory, HostName, Port, Settings

ROOT = Path(__file__).resolve().parents[2]


class SuiteSettings(Settings):
    """Read from environment variables of the same names, without a prefix."""

    host: HostName = "127.0.0.1"
    """Address that people open; only 127.0.0.1 with `DEMO=true`."""
    port: Port = 8000
    """TCP port that people open."""
    data_dir: Directory = ROOT / ".data"
    """Directory of all persistent data: databases, files, logs, passwords."""
    database_url: DatabaseAddress | None = None
    """SQLAlchemy URL of the deal database. Not set: SQLite in `DATA_DIR`."""
    demo: bool = True
    """Run a demo company with users, lists and a 1C simulator."""
    demo_password: str = "Pit-2026-demo"
    """Password of all demo users."""
    onec_url: str | None = None
    """URL of 1C. Not set with `DEMO=true`: the simulator is started."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'deals.sqlite3'}"

    @property
    def state(self) -> Path:
        return self.data_dir / "run.json"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"
