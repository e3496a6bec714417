"""The command `tunesmith`, also as `python -m tunesmith`."""

from .runner.signals import handled, leave


def main() -> None:
    """Run the command line."""
    with handled(leave):
        from .cli import main
    main()


if __name__ == "__main__":
    main()
