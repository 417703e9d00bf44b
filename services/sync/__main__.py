"""`python -m services.sync`"""

from services.sync.app import main
from shared.runtime.process import run

if __name__ == "__main__":
    run("sync", main)
