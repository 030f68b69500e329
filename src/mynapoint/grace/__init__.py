"""猶予: whoever stood in line before a window's end and could not be served may finish for some days after it."""
