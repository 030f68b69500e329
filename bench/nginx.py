"""The limit of a page: Debian's nginx serves the same bytes from a file. Run as a program, it lists what is missing."""

import os
import shutil
import subprocess
import sys
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


# Debian keeps servers' programs where not everybody's PATH leads.
_PATH: Final = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
_PACKAGES: Final = {"nginx": "nginx-light", "wrk": "wrk"}


def find_missing() -> list[str]:
    """Name the Debian packages that measuring pages takes and that are missing."""
    return [package for name, package in _PACKAGES.items() if shutil.which(name, path=_PATH) is None]


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
    words = [shutil.which("nginx", path=_PATH) or "nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(0.5)
            yield port
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.stdout.write(" ".join(find_missing()))
