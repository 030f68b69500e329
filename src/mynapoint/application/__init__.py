"""申込: a reservation chooses one payment service, for good; account check, link, stop."""
