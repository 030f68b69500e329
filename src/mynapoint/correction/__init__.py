"""訂正: a link that may be wrong is held, looked into, and by two people's word undone or let go on."""
