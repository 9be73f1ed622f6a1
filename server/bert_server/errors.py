"""Errors whose text is meant for the person at the keyboard: what is wrong, where, and what to do next."""


class BertServerError(Exception):
    """Base of all errors that the command line prints as one sentence, without a traceback."""


class SettingsError(BertServerError):
    """A setting is unknown or its value does not fit."""


class BundleError(BertServerError):
    """A model bundle is incomplete, damaged, or not the one expected."""


class SelfTestError(BertServerError):
    """The model does not reproduce the answers recorded when it was packaged."""


class PackagingError(BertServerError):
    """A checkpoint cannot be turned into a bundle, or the result is not good enough."""
