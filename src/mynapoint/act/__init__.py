"""Statements that wait for a card's signature, and their verification, once."""
