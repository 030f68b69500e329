"""予約: a holder receives a MyKey ID, once per programme."""
