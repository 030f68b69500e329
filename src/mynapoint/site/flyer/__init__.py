"""チラシ: one sheet of paper that says it all, made from the programme's and the places' texts."""
