"""Sessions at a counter through its pages: two windows of a real browser, real cards, and whatever goes wrong."""
