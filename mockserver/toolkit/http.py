"""What the sandbox says and reads in HTTP: its headers and the time it waits for a client."""

from __future__ import annotations

PATIENCE = 20  # seconds that a request may take to arrive, and a client to take anything of a reply

# Headers that a call may send, as people write them, and below in lower case, as a Request has them.
DELAY_HEADER = "X-Mock-Delay"
READINGS_HEADER = "X-Mock-Readings"
SANDBOX_HEADER = "X-Mock-Sandbox"
STRICT_HEADER = "X-Mock-Strict"
CALL_HEADERS = (DELAY_HEADER, READINGS_HEADER, SANDBOX_HEADER, STRICT_HEADER)
LOWER_DELAY, LOWER_READINGS, LOWER_SANDBOX, LOWER_STRICT = KNOWN_HEADERS = tuple(name.lower() for name in CALL_HEADERS)

# Headers that a reply may have.
BASIS_HEADER = "X-Mock-Basis"
ID_HEADER = "X-Mock-Call"
VERSION_HEADER = "X-Mock-Version"
WARNINGS_HEADER = "X-Mock-Warnings"
REPLY_HEADERS = (BASIS_HEADER, ID_HEADER, SANDBOX_HEADER, VERSION_HEADER, WARNINGS_HEADER)

TOKEN_HEADER = "X-Mock-Control-Token"  # of requests to control
