"""The image's health check: ask /livez of the worker at the address that its environment sets.

It uses only the standard library, and ends with status 1 if the worker does not answer, or is not alive.
"""

import os
import sys
import urllib.request

EVERY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses that listen everywhere

host = os.environ.get("NEWSWATCH_METRICS_HOST", "127.0.0.1")
host = EVERY.get(host, host)
port = os.environ.get("NEWSWATCH_METRICS_PORT") or "9464"
try:
    with urllib.request.urlopen(f"http://{f'[{host}]' if ':' in host else host}:{port}/livez", timeout=4) as answer:
        sys.exit(answer.status != 200)
except (OSError, ValueError) as error:
    sys.exit(f"/livez: {error}")
