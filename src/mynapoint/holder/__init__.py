"""The person behind a card, as a pseudonym that outlives every certificate."""
