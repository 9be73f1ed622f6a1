"""What goes wrong for a person at a terminal, always as a sentence, never as a traceback."""

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # refused or failed, by the cluster or by the state of things
    USAGE = 2  # the command line itself is wrong
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class CliError(Exception):
    """Ends the command with one message: what is wrong, and what to do about it."""

    exit_code = ExitCode.FAILED


class UsageError(CliError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = ExitCode.USAGE


class ForbiddenError(CliError):
    """The cluster knows the person but does not allow the request."""


class NotFoundError(CliError):
    """The cluster has no such object."""


class ConnectionLostError(CliError):
    """The cluster does not answer, or stopped answering; trying again may help."""
