"""What the Python tests share: a server in a temporary directory, people with accounts, and an XMPP client."""
