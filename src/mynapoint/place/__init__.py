"""場所: where people are helped and by which telephone, and when: counters and helpdesks as dated data."""
