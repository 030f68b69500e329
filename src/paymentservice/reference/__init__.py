"""見本の決済サービス: a small payment service with its own accounts, wallet and database, built on the SDK."""
