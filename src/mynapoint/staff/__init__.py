"""職員: who works where, in which role and since when, and the terminals at which they sit."""
