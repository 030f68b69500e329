"""The office's tests use the parties of closing's."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "closing"))
