"""ICカード: the frames that any chip card and its host exchange (ISO/IEC 7816-4), and readers; no particular card."""
