"""The worker process: leases, mail, webhooks, reminders and sweeps."""
