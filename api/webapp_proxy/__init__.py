"""The front door: Tasklist, Cockpit and Admin as the outside may reach them, and nothing more."""

from pathlib import Path

from fastapi import FastAPI

from api.auth import Authenticator
from api.engine.gateway import EngineGateway
from api.engine.nodes import EngineNodes
from api.tasks.completion import TaskCompletion
from api.tasks.form_variables import form_variables
from api.webapp_proxy.endpoint import WebappProxy
from api.webapp_proxy.files import WebappFiles
from api.webapp_proxy.proxy import Proxy

__all__ = ["WebappProxy", "install"]

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


def install(
    app: FastAPI,
    nodes: EngineNodes,
    authenticator: Authenticator,
    gateway: EngineGateway,
    completion: TaskCompletion,
    pages: Path | None = None,
) -> WebappProxy:
    """Put the door at /camunda; the caller closes what is returned when the application ends.

    ``pages``: unpacked files of the web applications. None: the engine is asked for each.
    """
    files = WebappFiles.of(pages)
    door = WebappProxy(Proxy(nodes), authenticator, gateway, completion, form_variables(), files)
    app.add_route("/camunda", door.answer_to, METHODS, include_in_schema=False)
    app.add_route("/camunda/{path:path}", door.answer_to, METHODS, include_in_schema=False)
    return door
