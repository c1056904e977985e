"""The one error that a user of the application may see."""


class InputError(ValueError):
    """Something given by the user cannot be used.

    The message is one line: where, what came, what was wanted, what to do. The command line
    prints it without a traceback and exits with status 2.
    """
