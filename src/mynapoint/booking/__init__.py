"""来庁予約: a place in one of a counter's slots, known by a code on a slip and by nothing of the one who comes."""
