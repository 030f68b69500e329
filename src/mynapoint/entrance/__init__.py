"""入口: who waits for their turn before an act begins, and when nothing is taken in."""
