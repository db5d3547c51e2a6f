"""The web pages: link pages, log-in, and the small screens around them."""
