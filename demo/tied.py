"""``python demo/tied.py PARENT MODULE …``: become a program that ends with its parent, even when that is killed.

The kernel sends the program a SIGTERM once its parent is gone (prctl(2), PR_SET_PDEATHSIG); the wish survives the exec.
A file of its own, run by its path, so that it costs nothing but an interpreter's start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: str, *words: str) -> None:
    """Tie this process to its parent, then become the module with its words."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != int(parent):
        sys.exit(f"{words[0]}: its parent ended before it began")
    os.execv(sys.executable, [sys.executable, "-m", *words])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
