"""`python -m services.watch`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.watch.app import main
    from services.watch.settings import WatchSettings
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings, SourceSettings

if __name__ == "__main__":
    run("watch", main, BrokerSettings, MongoSettings, SourceSettings, WatchSettings)
