"""案内: questions and answers, how-to, fraud warning, privacy, accessibility, terms, news, contact."""
