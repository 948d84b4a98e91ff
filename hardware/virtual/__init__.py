"""The shipped virtual modem."""
