"""Stores: one schema, its migrations, and the engines that keep the facts."""
