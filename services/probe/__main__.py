"""`python -m services.probe`"""

from shared.quick_imports import quick_imports

with quick_imports():
    from services.probe.app import main
    from services.probe.settings import ProbeSettings
    from shared.runtime.process import run
    from shared.settings import BrokerSettings, MongoSettings

if __name__ == "__main__":
    run("probe", main, BrokerSettings, MongoSettings, ProbeSettings)
