"""Sharing: proposals and their reports, links and passes, changing, ending and finding shares."""
