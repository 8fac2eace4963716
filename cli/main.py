"""Where the `mulbudget` command starts and how it ends.

Everything else is imported while it already minds Ctrl-C: that takes a good part of a second.
"""

import sys


def main() -> None:
    """Run the command: exit 2 with one sentence for what the user can put right, 130 for Ctrl-C."""
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> None:
    from mulbudget.cli.app import app
    from mulbudget.cli.console import complain
    from mulbudget.spn import UserError

    try:
        app(prog_name="mulbudget")
    except UserError as error:
        complain(f"error: {error}")
        sys.exit(2)


if __name__ == "__main__":
    main()
