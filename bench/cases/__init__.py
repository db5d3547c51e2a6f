"""The cases, by subject. Each is an async generator of figures."""
