"""logging.exception() raised TypeError with a DumpHandler on Python 3.13 and later: it had no lock."""

import glob
import logging
import tempfile

from keeptrace.integrations.logging import DumpHandler

with tempfile.TemporaryDirectory() as folder:
    logging.basicConfig(handlers=[DumpHandler(folder), logging.NullHandler()])
    try:
        int("seven")
    except ValueError:
        logging.getLogger("shop").exception("order 7 failed")
    logging.shutdown()
    assert len(glob.glob(folder + "/*.pkl.gz")) == 1
print("ok")
