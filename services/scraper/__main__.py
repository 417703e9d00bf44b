"""`python -m services.scraper`"""

from services.scraper.app import main
from shared.runtime.process import run

if __name__ == "__main__":
    run("scraper", main)
