"""The program `fonoteca`."""

from shared.quick_imports import quick_imports

with quick_imports():
    from cli.main import main

if __name__ == "__main__":
    main()
