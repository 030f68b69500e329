"""暗証番号の再設定: two members of staff say who somebody is, and an order to unblock their card follows."""
