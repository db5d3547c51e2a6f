"""Sharing: propose, amend, withdraw, renew, find and open shares."""
