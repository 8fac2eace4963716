"""The one exception that a command shows as a sentence instead of a traceback."""


class UserError(ValueError):
    """Something its user can put right: what, where, the number, the cure, in one sentence.

    The command line prints the message and exits with 2. Everything else is a bug and keeps its
    traceback.
    """
