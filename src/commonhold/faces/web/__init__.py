"""The web UI: pages for people. The public page of a link, and the few pages that messages point to."""
