"""精算: what accepted closings make due, the two approvals of every claim, and the file that the bank is given."""
