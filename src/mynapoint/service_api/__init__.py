"""決済サービス接続: what the platform and the payment services say to each other over signed HTTP, both ways."""
