"""登録キャッシュレス決済サービス: the registered payment services, their rules and dates, keys and addresses."""
