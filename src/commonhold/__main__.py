"""``python -m commonhold`` is the command line."""

from commonhold.cli import main

if __name__ == "__main__":
    main()
