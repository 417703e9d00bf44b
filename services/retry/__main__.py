"""`python -m services.retry`"""

from services.retry.app import main
from shared.runtime.process import run

if __name__ == "__main__":
    run("retry", main)
