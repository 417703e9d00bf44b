"""`python -m services.notify`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.notify.app import main
    from services.notify.settings import NotifySettings
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings

if __name__ == "__main__":
    run("notify", main, BrokerSettings, MongoSettings, NotifySettings)
