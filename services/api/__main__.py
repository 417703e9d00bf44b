"""`python -m services.api`"""

from services.api.app import main
from shared.runtime.process import run

if __name__ == "__main__":
    run("api", main)
