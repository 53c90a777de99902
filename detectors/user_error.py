"""The base class of errors that a user can fix: in a rule, a setting, a file, an address, a permission."""


class UserError(Exception):
    """Something outside the program is wrong; the message says what, where, and what was expected.

    The command line prints the message without a traceback and exits with status 2. Any other exception is a bug.
    """
