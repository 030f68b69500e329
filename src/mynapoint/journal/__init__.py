"""記録 (journal): every act leaves one entry that nobody can change, remove or add afterwards without it being seen."""
