"""`python -m services.api`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.api.app import main
    from services.api.settings import ApiSettings
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings

if __name__ == "__main__":
    run("api", main, BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, ApiSettings)
