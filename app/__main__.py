"""`python -m app` is `hongqun`."""

from app.cli.main import main

if __name__ == "__main__":
    main()
