"""The demonstration: a town with everything real but the people, the cards, the money and the date."""
