"""`python -m services.retry`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.retry.app import main
    from services.retry.settings import RetrySettings
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings

if __name__ == "__main__":
    run("retry", main, BrokerSettings, MongoSettings, RetrySettings)
