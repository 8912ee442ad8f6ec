"""`python -m bot` and `drop-bot`: the command line, come to quickly."""

import gc


def main() -> None:
    """What is imported lives to the end: to look at it again and again meanwhile would be a fifth of the start."""
    gc.disable()
    from bot.cli import main as command_line

    gc.freeze()
    gc.enable()
    command_line()


if __name__ == "__main__":
    main()
