"""What can go wrong between the operator and the API server, each error with what to do next."""


class ClusterError(Exception):
    """A request to the API server did not succeed."""


class UnreachableError(ClusterError):
    """No answer, or one that says "later" (timeouts, 429, 5xx). Trying again may help."""


class ConflictError(ClusterError):
    """The object changed since it was read. The next pass sees it as it is now."""


class NotFoundError(ClusterError):
    """The object, its namespace, or the whole kind of resource is not there."""


class ForbiddenError(ClusterError):
    """The operator's service account may not do this."""


class InvalidError(ClusterError):
    """The API server refuses the object; the message is its own sentence."""


class TooLargeError(ClusterError):
    """The answer is larger than what is taken from a server that need not be trusted."""


class NotLeaderError(Exception):
    """A write was held back because the lease may have passed to another operator."""
