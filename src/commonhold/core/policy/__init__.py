"""Policy: decides who may do what, and says why; the one place that makes an Allowed."""
