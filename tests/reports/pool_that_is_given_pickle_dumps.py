"""Pools could not be given pickle.dumps as a task after init(): in the partial before it was a hidden function."""

import multiprocessing
import pickle

import keeptrace

if __name__ == "__main__":
    plain = pickle.dumps(5)
    keeptrace.init()
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.map(pickle.dumps, [5]) == [plain]
            assert pool.apply(pickle.dumps, (5,), {"protocol": 2}) == pickle.dumps(5, 2)
    assert b"keeptrace" not in pickle.dumps(pickle.dumps)
    print("ok")
