# SPDX-License-Identifier: ISC
"""A stack whose media files are in a bucket."""
from stack import Stack


def s3_settings(gateway, root):
    return {
        "media_store": "s3",
        "s3_endpoint": gateway.endpoint,
        "s3_region": gateway.region,
        "s3_bucket": gateway.bucket,
        "s3_key_file": root / "etc/s3_key",
        "s3_read_key_file": root / "etc/s3_read_key",
        "s3_cache_dir": root / "cache",
        "s3_cache_size": 512,
    }


def write_keys(gateway, root):
    """The two key files, and the folder of nginx's cache."""
    pairs = {"s3_key": (gateway.key, gateway.secret), "s3_read_key": (gateway.read_key, gateway.read_secret)}
    for name, (key, secret) in pairs.items():
        path = root / "etc" / name
        path.write_text(f"# for tests\naccess_key {key};\nsecret_key {secret};\n", encoding="ascii")
        path.chmod(0o600)
    (root / "cache").mkdir(exist_ok=True)


class ObjectStack(Stack):
    """As a Stack, with the bucket of an ObjectGateway, which it does not stop."""

    def __init__(self, gateway, **settings):
        super().__init__(**settings)
        self.gateway = gateway
        self.settings.update(s3_settings(gateway, self.root))

    def prepare(self):
        write_keys(self.gateway, self.root)
        super().prepare()

    def keys(self, media_id):
        """What the bucket has of a medium, below media/<id>/."""
        prefix = f"media/{media_id}/"
        return [key[len(prefix) :] for key in self.gateway.keys(prefix)]
