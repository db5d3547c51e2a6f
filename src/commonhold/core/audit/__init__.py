"""The audit: what happened, from where, sealed in a chain that tells when somebody changed it afterwards."""
