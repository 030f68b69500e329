"""下書き: what a citizen has answered on the way to an act; it binds nobody, and is forgotten after a while."""
