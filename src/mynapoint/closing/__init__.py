"""締め: the roll of the links that a period counts, the totals that the service seals over it, and their audit."""
