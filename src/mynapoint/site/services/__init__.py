"""決済サービス: the registered services, to find and to compare."""
