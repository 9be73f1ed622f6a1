"""The running operator: events in, a work queue, the reconciler, leader election, health."""
