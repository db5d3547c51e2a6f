"""Keys: password hashing, the key of the installation, and what is random or computed with it."""
