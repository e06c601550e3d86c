"""`python -m plansync`."""

from plansync.cli.main import run

if __name__ == "__main__":
    run()
