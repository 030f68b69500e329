"""待合室と案内: the line in front of the acts, maintenance, and how the site is doing."""
