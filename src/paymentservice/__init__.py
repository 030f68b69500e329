"""決済サービス: what a payment service runs to take part: an SDK, and a small reference service that uses it."""
