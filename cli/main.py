"""The `mulbudget` command: one thin function per verb, each in a file of its name."""

import sys

import typer
from rich.console import Console

from mulbudget.spn import UserError

app = typer.Typer(
    name="mulbudget",
    help="Train neural networks under a multiplication budget, and turn them into FPGA bitstreams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command: exit 2 with one sentence for what the user can put right, 130 for Ctrl-C."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"error: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
