"""Reverse proxy for Tasklist, Cockpit and Admin; forwards only what its allow-list permits."""

from pathlib import Path

from fastapi import FastAPI

from api.auth import Authenticator
from api.engine.gateway import EngineGateway
from api.engine.nodes import EngineNodes
from api.tasks.completion import TaskCompletion
from api.tasks.form_variables import FormVariables, form_variables
from api.webapp_proxy.endpoint import WebappProxy
from api.webapp_proxy.files import WebappFiles
from api.webapp_proxy.forwarder import Forwarder
from bpmn.model.current import CurrentSet

__all__ = ["WebappProxy", "install"]

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


def install(
    app: FastAPI,
    nodes: EngineNodes,
    authenticator: Authenticator,
    gateway: EngineGateway,
    completion: TaskCompletion,
    pages: Path | None,
    administrators: str,
) -> WebappProxy:
    """Mount the proxy at /camunda; the caller closes it when the application shuts down.

    ``pages``: directory with the unpacked web applications. None: all files come from the engine.
    ``administrators``: the engine's group for Cockpit and Admin.
    """
    files = WebappFiles.of(pages)
    proxy = WebappProxy(
        Forwarder(nodes),
        authenticator,
        gateway,
        completion,
        FormVariables(CurrentSet(form_variables), gateway),
        administrators,
        files,
    )
    app.add_route("/camunda", proxy.respond, METHODS, include_in_schema=False)
    app.add_route("/camunda/{path:path}", proxy.respond, METHODS, include_in_schema=False)
    return proxy
