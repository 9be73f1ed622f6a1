"""What the server tells about itself: logs, metrics, and the middleware that counts requests."""
