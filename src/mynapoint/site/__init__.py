"""The citizens' site: understand, reserve, apply, look; every act is signed by the card, so nobody signs in."""
