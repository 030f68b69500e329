"""施策: what is granted to whom, when, at what rate and up to what, as dated data that the office announces."""
