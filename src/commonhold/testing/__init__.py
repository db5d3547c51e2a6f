"""Published test tools: make_core(), and contract suites for engines and faces."""
