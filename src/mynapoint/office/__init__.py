"""事務局: the pages on which the programme office watches, approves and pays."""
