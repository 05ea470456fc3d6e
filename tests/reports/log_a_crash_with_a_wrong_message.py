"""A crash was not dumped by DumpHandler where the arguments of the log's message do not fit it."""

import glob
import logging
import tempfile

import keeptrace
from keeptrace.integrations.logging import DumpHandler

with tempfile.TemporaryDirectory() as folder:
    logging.basicConfig(handlers=[DumpHandler(folder)])
    try:
        int("seven")
    except ValueError:
        logging.getLogger("shop").exception("order %d failed", "seven")
    (path,) = glob.glob(folder + "/*.pkl.gz")
    assert keeptrace.peek(path).note == "order %d failed"
print("ok")
