"""Webhooks: who is told of events by HTTP, which events those are, and what is said about each."""
