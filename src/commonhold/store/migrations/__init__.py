"""Migrations: numbered, forwards only, each one fixed for ever once it was released."""
