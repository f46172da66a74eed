"""``python -m zonevest`` is the command ``zonevest``."""

from zonevest.cli import main

if __name__ == "__main__":
    main()
