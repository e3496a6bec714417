"""Importing this keeps Hugging Face's libraries off the network: pretrained weights are files on this machine.

They read the setting when they are imported, so this comes before them.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
