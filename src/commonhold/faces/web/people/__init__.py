"""People, groups, organisations, and what else administrators look after."""
