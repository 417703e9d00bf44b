"""`python -m services.sync`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.sync.app import main
    from services.sync.settings import SyncSettings
    from shared.runtime.process import run
    from shared.settings import AzureSettings, BrokerSettings, MirrorS3Settings, MongoSettings, ObjectStoreSettings

if __name__ == "__main__":
    run("sync", main, AzureSettings, BrokerSettings, MirrorS3Settings, MongoSettings, ObjectStoreSettings, SyncSettings)
