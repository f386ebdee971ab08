"""Stories on one shard: what one person's stanza has caused is there before their next one is answered, so that a ping
proves that nothing more comes. Several shards are what interop/, faults/ and bench/ run on."""

import os

os.environ.setdefault("CHANCERY_THREADS", "1")
