"""紙: documents to print and keep, set from data; never from markup that somebody could have typed."""
