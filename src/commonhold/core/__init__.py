"""The domain: items, people, shares and the policy over them. No HTTP, no SQL, no clock of its own."""
