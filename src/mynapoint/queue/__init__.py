"""順番待ち: who is next at a counter today, by numbers on paper and by nothing of the ones who hold them."""
