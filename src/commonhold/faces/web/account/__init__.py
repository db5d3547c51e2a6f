"""The account of whoever is logged in: password, tokens, addresses, notifications."""
