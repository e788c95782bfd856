"""What the end-to-end tests share: the gateway and other servers as processes, and clients that may misbehave."""
