"""A small town to try things on: people, groups, files, an app, and shares of every kind."""
