"""Settings: flags override environment variables (``NEWSWATCH_...``), which override one YAML file.

The Kafka security settings also accept the names that Kafka's own tools use (``KAFKA_SASL_USERNAME``, ...).
"""

from streams.settings.credentials import Secret
from streams.settings.errors import SettingsError
from streams.settings.loading import load_settings
from streams.settings.model import SECRETS, SaslMechanism, SecurityProtocol, Settings

__all__ = ["SECRETS", "SaslMechanism", "Secret", "SecurityProtocol", "Settings", "SettingsError", "load_settings"]
