"""順番待ち: numbers, bookings, and who comes next."""
