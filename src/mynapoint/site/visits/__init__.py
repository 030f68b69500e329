"""来庁: booking a time at a counter, and one's place in its line, both by a code on paper and without a name."""
