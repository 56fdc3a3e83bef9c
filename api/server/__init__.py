"""HTTP server of the API: uvicorn with limits on what one client can hold.

uvicorn bounds idle connections after their first answer, and nothing else: neither the time that
headers take, nor a client that does not read, nor connections of one address.
"""

from api.server.connection import limited_protocol
from api.server.limits import Limits, open_files, raise_open_files
from api.server.listener import listeners

__all__ = ["Limits", "limited_protocol", "listeners", "open_files", "raise_open_files"]
