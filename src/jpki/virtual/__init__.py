"""A My Number Card and its certificate authority for tests and demonstrations: real protocols, invented people."""
