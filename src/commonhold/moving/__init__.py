"""An installation as a whole, taken from one place to another: backups, and copies between databases."""
