"""封緘 (sealed claim): a service commits to all rows of its closing with one root and one total, and opens a few later.

Pure: both sides of the wire and the citizen's own check use these same functions.
"""
