"""Python imports this before a program, and in a program's children: all of them are frozen alike."""

import frozen

frozen.freeze()
