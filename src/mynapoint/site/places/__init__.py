"""窓口と電話相談: where people are helped, and when."""
