"""件: one citizen's turn at a counter, which leaves nothing behind that the next citizen could meet."""
