"""What another policy would have made of a recorded rollout: the recorded looks, judged and decided on anew."""
