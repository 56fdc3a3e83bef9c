"""HTTP server of the API: uvicorn with limits per client.

uvicorn itself only limits the idle time between requests. These modules limit the time for
headers, clients that do not read their response, and connections of one address.
"""

from api.server.connection import limited_protocol
from api.server.limits import Limits, open_files, raise_open_files
from api.server.listener import listeners
from api.server.streaming_server import StreamingServer

__all__ = [
    "Limits",
    "StreamingServer",
    "limited_protocol",
    "listeners",
    "open_files",
    "raise_open_files",
]
