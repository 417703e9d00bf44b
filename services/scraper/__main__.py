"""`python -m services.scraper`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.scraper.app import main
    from services.scraper.settings import GROUPS
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings

if __name__ == "__main__":
    run("scraper", main, BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, *GROUPS)
