"""Real gateway processes that are ended with kill -9: at named points of their way (`points`), and at any moment (`make soak`)."""
