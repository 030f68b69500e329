"""いまの状況: what is held about a person, shown to whoever has the card."""
