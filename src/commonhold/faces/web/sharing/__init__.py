"""Sharing: giving, seeing what was given and received, why and to whom; and ending it."""
