"""Errors of the command line: what keeps a command from starting."""


class CommandError(Exception):
    """The command cannot do its work; the message says why and what to do."""
