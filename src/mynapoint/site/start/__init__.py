"""はじめに: what the programme is, whether one can take part with what one has, and when the card would come."""
