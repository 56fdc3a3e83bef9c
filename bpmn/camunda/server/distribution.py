"""Descriptions of the two distributions of the engine: what differs between their jars.

Camunda 7 and its fork Operaton execute the same diagrams, have the same REST paths and the same
database schema. Everything that this suite must know to start one of them is in `Distribution`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

DistributionName = Literal["camunda", "operaton"]
LOCKS = Path(__file__).with_name("locks")


@dataclass(frozen=True)
class Distribution:
    """Names that the engine's jars define, and the lock file of these jars."""

    name: DistributionName
    """Value of ``ENGINE_DISTRIBUTION``; profile in pom.xml."""
    title: str
    """Name for people."""
    administrators: str
    """Group that the engine creates for its administrator: it may use Cockpit and Admin."""
    options: str
    """Prefix of the engine's options in the configuration of Spring Boot."""
    package: str
    """Java package of all its classes."""
    configuration: str
    """Beginning of the names of its three auto-configuration classes."""
    webjar: str
    """Folder of the web applications' files in their jar, below META-INF/resources/webjars."""

    @property
    def installation(self) -> str:
        """Name of the property that the engine writes at its first start on a database."""
        return f"{self.name}.installation.id"

    @property
    def lock(self) -> Path:
        """Lock file: every jar with its sha256."""
        return LOCKS / f"{self.name}.lock"

    @property
    def h2_file(self) -> str:
        """Name of the embedded database's file: its own, so that no other engine opens it."""
        return f"{self.name}.mv.db"

    @property
    def webapp_artifact(self) -> str:
        """Maven artifact of the web applications' files."""
        return f"{self.webjar}-webapp-webjar"

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that application.yaml and engine-beans.xml refer to."""
        return {
            "ENGINE_PACKAGE": self.package,
            "ENGINE_CONFIGURATION": self.configuration,
            "ENGINE_ADMINISTRATORS": self.administrators,
        }


CAMUNDA = Distribution(
    name="camunda",
    title="Camunda 7",
    administrators="camunda-admin",
    options="camunda.bpm",
    package="org.camunda.bpm",
    configuration="CamundaBpm",
    webjar="camunda",
)
OPERATON = Distribution(
    name="operaton",
    title="Operaton",
    administrators="operaton-admin",
    options="operaton.bpm",
    package="org.operaton.bpm",
    configuration="OperatonBpm",
    webjar="operaton",
)
DISTRIBUTIONS: Mapping[DistributionName, Distribution] = MappingProxyType(
    {each.name: each for each in (CAMUNDA, OPERATON)}
)
