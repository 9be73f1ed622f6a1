"""How people are told: CloudEvents by HTTP, and messages by apprise."""
