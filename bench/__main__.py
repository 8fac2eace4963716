"""`python -m bench [accuracy|path]`: measured figures, printed as they come."""

import sys

from bench import accuracy, path

BENCHES = {"accuracy": accuracy.main, "path": path.main}


def main() -> None:
    """Run the benches that are named, or all of them."""
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"there is no bench {unknown[0]!r}: choose from {', '.join(BENCHES)}")
    for name in names:
        BENCHES[name]()


if __name__ == "__main__":
    main()
