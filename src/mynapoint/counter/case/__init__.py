"""件: the pages of one citizen's turn, for the clerk and for the citizen."""
