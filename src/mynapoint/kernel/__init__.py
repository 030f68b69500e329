"""The few things that every room speaks of: money, periods, refusals, the names of constraints."""
