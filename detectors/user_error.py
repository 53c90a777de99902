"""The base class of errors that a user can fix: a rule, a setting, a file, an address, a right."""


class UserError(Exception):
    """Something outside the program is wrong; the message says what, where, and what was expected.

    The command line prints the message without a traceback and exits with status 2. An error of any other class is a
    defect of the program.
    """
