"""ログイン: how staff come in, with two factors, and how long they stay."""
