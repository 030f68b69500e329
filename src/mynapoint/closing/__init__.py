"""締め: the roll of a service's links at a period's end, the totals that the service seals over it, and their audit."""
