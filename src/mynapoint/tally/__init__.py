"""集計: what a counter's cases add up to, and what a supervisor should look at; nobody's name in either."""
