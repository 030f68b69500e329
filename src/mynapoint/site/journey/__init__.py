"""予約と申込: from the first page to the receipt; every act is signed by the card."""
