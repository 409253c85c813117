"""All that the workbook talks to is on this machine: no process of it asks a proxy."""

NO_PROXIES = {"NO_PROXY": "*", "no_proxy": "*"}
"""What the environment says to that: for kernels, tests, exercises and an embedded S3.

The star, since to name 127.0.0.1 is not enough. With `ALL_PROXY=socks5://...` httpx2 makes no
client without the package `socksio`, wherever that client goes; and macOS and Windows have proxies
in their own settings, which count as long as the environment has none. Clients that the workbook
makes say `trust_env=False` besides. A step with an S3 server of your own obeys your settings.
"""
