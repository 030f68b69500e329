"""窓: the pages that this program shows in the person's own browser, on an address that only this machine reaches."""
