"""市の管理: a city's counters, terminals, calendars and staff."""
