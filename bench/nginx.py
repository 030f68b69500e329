"""The limit of a page: Debian's nginx serves the same bytes from a file."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from demo.processes import find_port

WORKERS: Final = 2
_SETTINGS: Final = """
worker_processes {workers}; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type "text/html; charset=utf-8"; keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; add_header Content-Encoding gzip; }}
}}
"""


class ToolsMissing(Exception):
    """Debian's nginx or wrk is not there: `make bench` installs them when root."""


def check_tools() -> None:
    """Check that what measures pages is there.

    :raises ToolsMissing: naming what is not.
    """
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        raise ToolsMissing(", ".join(missing))


@contextmanager
def serving(folder: Path, files: dict[str, bytes]) -> Iterator[int]:
    """Serve files, compressed already, by their names; yield the port."""
    (folder / "files").mkdir(parents=True)
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    for name, content in files.items():
        (folder / "files" / name).write_bytes(content)
    port = find_port()
    user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
    text = _SETTINGS.format(workers=WORKERS, folder=folder, port=port, user=user)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with subprocess.Popen(
        ["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"], stderr=subprocess.DEVNULL
    ) as process:
        try:
            time.sleep(0.5)
            yield port
        finally:
            process.terminate()
