"""Sources: adopted databases, read through the one query tree."""
