"""窓口: the pages with which staff help people who have no PC or phone."""
