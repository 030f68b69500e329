"""The shell of the site: language by path, phrases, dates in words, the page around every page."""
