"""What every HTTP face needs and no face owns."""
